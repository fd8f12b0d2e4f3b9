"""PostgreSQL as Django knows it, with limits to how long one process may hold up the others.

The server is told them in each session, not when it begins: PgBouncer refuses connections that come with settings.
"""

from typing import Any

from django.db.backends.postgresql import base

SESSION_SETTINGS = {
    # Whoever waits longer for a lock gives up and tries again later, as on SQLite: few threads are there to wait on.
    "lock_timeout": "30s",
    # When a host is lost, so are its transactions with their locks, after half a minute rather than two hours.
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
    # To compile a statement of the dashboard takes longer than to run it.
    "jit": "off",
}
SET_ALL = f"SELECT {', '.join(['set_config(%s, %s, false)'] * len(SESSION_SETTINGS))}"


class DatabaseWrapper(base.DatabaseWrapper):
    def _configure_connection(self, connection: Any) -> bool:
        """Called once for each new connection, in the pool and beside it."""
        super()._configure_connection(connection)  # type: ignore[misc]  # not in the stubs
        with connection.cursor() as cursor:
            cursor.execute(SET_ALL, [word for setting in SESSION_SETTINGS.items() for word in setting])
        return True  # so that Django commits it where it has begun a transaction
