"""What all of Django admin does otherwise than Django, also the pages of its own apps and of any other."""
