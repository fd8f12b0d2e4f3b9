"""Who waits for a person and who has what, and the socket of every page in admin, which shows it."""
