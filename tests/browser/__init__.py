"""A real Chromium: every control of the pages, and what survives a lost network."""
