"""What is stored at the end, read past the product by plain SQL."""

from tests.servers import Site

from .history import CallRow, MessageRow, Shown, Stored, TicketRow, TurnRow

TURNS = """
    SELECT t.id, c.public_id, t.state FROM conversations_turn t
    JOIN conversations_conversation c ON c.id = t.conversation_id ORDER BY t.id"""
MESSAGES = """
    SELECT m.id, c.public_id, m.turn_id, m.seq, m.role, m.status, m.text, m.client_id FROM conversations_message m
    JOIN conversations_conversation c ON c.id = m.conversation_id ORDER BY m.turn_id, m.seq"""
CALLS = "SELECT message_id, name, state, result FROM conversations_toolcall ORDER BY id"
TICKETS = """
    SELECT k.number, c.public_id, k.request, k.issue FROM tickets_ticket k
    JOIN conversations_conversation c ON c.id = k.conversation_id ORDER BY k.id"""
ACTIVE = "SELECT count(*) FROM conversations_turn WHERE state IN ('queued', 'running')"


def read(site: Site) -> Stored:
    return Stored(
        [TurnRow(turn, _plain(public), state) for turn, public, state in site.rows(TURNS)],
        [MessageRow(row[0], _plain(row[1]), *row[2:]) for row in site.rows(MESSAGES)],
        [CallRow(*row) for row in site.rows(CALLS)],
        [TicketRow(number, _plain(public), *rest) for number, public, *rest in site.rows(TICKETS)],
    )


def active_turns(site: Site) -> int:
    return int(site.rows(ACTIVE)[0][0])


def end_leases(site: Site) -> None:
    """As if the leases of all processes had run out."""
    site.rows("UPDATE conversations_turn SET lease_until = '2020-01-01 00:00:00' WHERE state = 'running'")


def page_of(stored: Stored, conversation: str) -> list[Shown]:
    """What a page of this conversation must show: all but answers of which there is nothing."""
    states = {row.turn: row.state for row in stored.turns}
    with_calls = {row.message for row in stored.calls}
    return [
        Shown(row.turn, states[row.turn], row.message, row.role, row.status, row.text)
        for row in stored.messages
        if row.conversation == conversation
        and (row.role != "assistant" or row.text or row.message in with_calls or row.status == "streaming")
    ]


def _plain(public_id: object) -> str:
    return str(public_id).replace("-", "")
