"""The chat in a terminal, `manage.py chat`, with the same turns and rows as the page."""
