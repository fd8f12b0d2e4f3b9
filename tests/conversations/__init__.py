"""The conversation in the database, and what its pages are shown, inside one process."""
