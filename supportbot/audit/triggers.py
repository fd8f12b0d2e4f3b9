"""The database's own protection of the audit log: it refuses to change or delete a row, whoever asks."""

SQLITE = (
    "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_auditevent "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_auditevent "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
)
# SQLite deletes the row that INSERT OR REPLACE writes over without asking the trigger of deletions.
SQLITE_NO_REPLACE = (
    "CREATE TRIGGER IF NOT EXISTS audit_event_no_replace BEFORE INSERT ON audit_auditevent "
    "WHEN EXISTS (SELECT 1 FROM audit_auditevent WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_auditevent "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()",
)
DROP_SQLITE = (
    "DROP TRIGGER IF EXISTS audit_event_no_update",
    "DROP TRIGGER IF EXISTS audit_event_no_delete",
    "DROP TRIGGER IF EXISTS audit_event_no_replace",
)
DROP_POSTGRESQL = (
    "DROP TRIGGER IF EXISTS audit_event_no_change ON audit_auditevent",
    "DROP FUNCTION IF EXISTS audit_event_refuse()",
)


def create_triggers(connection) -> None:
    _execute(connection, {"sqlite": SQLITE + SQLITE_NO_REPLACE, "postgresql": POSTGRESQL})


def create_replace_trigger(connection) -> None:
    """For databases that were made before there was one. PostgreSQL has no such statement."""
    _execute(connection, {"sqlite": SQLITE_NO_REPLACE, "postgresql": ()})


def drop_triggers(connection) -> None:
    _execute(connection, {"sqlite": DROP_SQLITE, "postgresql": DROP_POSTGRESQL})


def _execute(connection, statements: dict[str, tuple[str, ...]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
