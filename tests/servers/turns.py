"""Turns that are in the database of a site without any page of it being told, as after a sleep."""

from typing import Any

from django.db.models import Model

from supportbot.conversations.models import Message, Turn

from .site import Site


def store_turns(site: Site, path: str, count: int, text: str) -> None:
    """Store turns of a question and an answer with this text, after the model of what was said there already.

    `path` is that of the conversation, as /c/<uuid>/.
    """
    conversation = site.find_conversation(path)
    ((revision, seq),) = site.rows(
        "SELECT revision, last_seq FROM conversations_conversation WHERE id = %s", conversation
    )
    ((turn, message),) = site.rows(
        "SELECT turn_id, id FROM conversations_message WHERE conversation_id = %s ORDER BY id LIMIT 1",
        conversation,
    )
    for number in range(1, count + 1):
        revision += 1
        copy = _copy_row(site, Turn, turn, revision=revision)
        for role in ("customer", "assistant"):
            seq += 1
            words = {"role": role, "text": f"{role} {number}: {text}"}
            _copy_row(site, Message, message, turn_id=copy, seq=seq, client_id=None, **words)
    site.rows(
        "UPDATE conversations_conversation SET revision = %s, last_seq = %s WHERE id = %s",
        *(revision, seq, conversation),
    )


def _copy_row(site: Site, model: type[Model], row: int, **changes: Any) -> int:
    """Returns the primary key of the copy."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = ", ".join("%s" if name in changes else f'"{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    ((copy,),) = site.rows(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE id = %s RETURNING id",
        *(changes[name] for name in columns if name in changes),
        row,
    )
    return int(copy)
