"""Django's backend for SQLite, with what each statement costs less: settings name it as the database's ENGINE."""
