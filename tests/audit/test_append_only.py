"""The audit log is only ever added to: the database itself refuses to change or delete a row."""

import pytest
from django.db import DatabaseError, connection, transaction

from supportbot.audit.models import AuditEvent
from supportbot.audit.recording import record_event
from supportbot.audit.triggers import create_triggers, drop_triggers

pytestmark = pytest.mark.django_db
COLUMNS = "(id, created, actor, action, actor_name, subject, details)"
VALUES = "VALUES ({id}, '2026-01-01', 'staff', 'nothing', '', '', '{{}}')"
EMPTYING = {"sqlite": "DELETE FROM audit_auditevent WHERE 1", "postgresql": "TRUNCATE audit_auditevent"}
OVERWRITING = {
    "sqlite": f"INSERT OR REPLACE INTO audit_auditevent {COLUMNS} {VALUES}",
    "postgresql": f"INSERT INTO audit_auditevent {COLUMNS} OVERRIDING SYSTEM VALUE {VALUES} "
    "ON CONFLICT (id) DO UPDATE SET action = 'nothing'",
}


@pytest.fixture(autouse=True)
def _protected(db):
    """The tests of the whole suite run without the protection, since they empty their tables."""
    create_triggers(connection)
    yield
    drop_triggers(connection)


@pytest.fixture
def event(agent):
    record_event("took_over", staff=agent, conversation_id=7)
    return AuditEvent.objects.get()


def test_a_row_says_who_did_what_to_what(event):
    assert (event.actor, event.actor_name, event.action, event.conversation_id) == (
        *("staff", "agent", "took_over", 7),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda event: AuditEvent.objects.update(action="nothing"),
        lambda event: AuditEvent.objects.all().delete(),
        lambda event: event.save(),
        lambda event: connection.cursor().execute("DELETE FROM audit_auditevent"),
        lambda event: connection.cursor().execute("UPDATE audit_auditevent SET actor_name = 'sam'"),
        lambda event: connection.cursor().execute(EMPTYING[connection.vendor]),
        lambda event: connection.cursor().execute(OVERWRITING[connection.vendor].format(id=event.pk)),
    ],
    ids=["bulk update", "bulk delete", "save", "SQL delete", "SQL update", "SQL empty", "SQL overwrite"],
)
def test_it_cannot_be_changed_or_deleted_in_any_way(event, change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(event)

    assert AuditEvent.objects.get().action == "took_over"


def test_it_stays_when_the_account_is_deleted(event, agent):
    agent.delete()

    assert AuditEvent.objects.get().actor_name == "agent"


def test_nobody_can_change_it_in_admin(event, admin_client):
    page = f"/admin/audit/auditevent/{event.pk}/"

    assert admin_client.get(f"{page}change/").status_code == 200
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get("/admin/audit/auditevent/add/").status_code == 403
