"""Reads the order exports of shops' platforms: tables as text or as workbooks, in whatever form, encoding and order."""
