"""How dates and times are written, by language: Django finds the folder of the language that a page is in."""
