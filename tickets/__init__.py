"""Tickets: what the team works on until it ends, and what customers see of theirs."""
