"""Imports, live orders, and which order is found by whom."""
