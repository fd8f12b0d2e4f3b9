"""Turns that are in the database of a site without any page of it being told, as after a sleep."""

from uuid import UUID

from .site import Site

NOW = "2026-01-01 00:00:00"


def store_turns(site: Site, path: str, count: int, text: str) -> None:
    """Store turns of a question and an answer with this text. `path` is that of the conversation, as /c/<uuid>/."""
    public_id = UUID(path.split("/")[2]).hex
    known = site.rows(
        "SELECT id, revision, last_seq FROM conversations_conversation WHERE public_id = %s", public_id
    )
    ((conversation, revision, seq),) = known
    for _ in range(count):
        revision += 1
        ((turn,),) = site.rows(
            "INSERT INTO conversations_turn (conversation_id, state, revision, fencing_token, crash_count,"
            " stop_requested, error, may_retry, backend, model, usage, created, reservation)"
            " VALUES (%s, 'done', %s, 1, 0, 0, '', 0, '', '', '{}', %s, '{}') RETURNING id",
            *(conversation, revision, NOW),
        )
        for role in ("customer", "assistant"):
            seq += 1
            site.rows(
                "INSERT INTO conversations_message (conversation_id, turn_id, seq, role, text, status, created,"
                " handle, has_images, author_name) VALUES (%s, %s, %s, %s, %s, 'complete', %s, '', 0, '')",
                *(conversation, turn, seq, role, f"{role} {revision}: {text}", NOW),
            )
    site.rows(
        "UPDATE conversations_conversation SET revision = %s, last_seq = %s WHERE id = %s",
        *(revision, seq, conversation),
    )
