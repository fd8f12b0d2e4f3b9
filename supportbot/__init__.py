"""A customer-support chat: the Django project, its settings and its rooms."""
