"""Django's backend for PostgreSQL, with limits to what is waited for: settings name it as the database's ENGINE."""
