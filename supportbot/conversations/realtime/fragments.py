"""Every frame that goes over the socket: HTML fragments from templates/chat, and the JSON of text in mid-stream.

The page includes the very same templates, so that a reload and a stream cannot differ.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import get_template

# Made once: json.dumps would make one for each text.
_encode_json = json.JSONEncoder(ensure_ascii=False).encode


def render_turn(row: Any, messages: Sequence[Any], template: str = "chat/_turn.html") -> str:
    """A turn with all its messages and tool lines, to replace what the page shows of it."""
    # Not `messages`: in a page, which includes the same template, that is Django's list of notices.
    context = {"turn": row, "turn_messages": messages, "oob": True}
    return _render_template(template, **context)


def render_owner(owner: Any, template: str = "chat/_owner_frame.html") -> str:
    """Who has the conversation: the assistant, nobody yet, a person by name, or nobody any longer."""
    is_demo_model = settings.LLM_BACKEND == "demo"
    return _render_template(template, owner=owner, is_demo_model=is_demo_model, oob=True)


def render_typing(audience: str, name: str) -> str:
    """Somebody is writing; `name` is that of a member of staff."""
    return _render_template("chat/_typing.html", audience=audience, name=name)


def render_notice(text: str, client_id: str = "", *, is_outage: bool = False) -> str:
    """A sentence for one page. With a client id it says why that message was refused.

    One of an outage is over with the next change that is stored, in case whoever said it cannot take it back.
    """
    return _render_template(
        "chat/_notice.html", text=text, client_id=client_id, is_outage=is_outage, oob=True
    )


@lru_cache(maxsize=1000)
def render_revision(revision: int) -> str:
    """The revision up to which the page lacks nothing; also the answer to one that asks whether the line is alive."""
    return _render_template("chat/_pulse.html", revision=revision)


def render_receipt(client_id: str) -> str:
    """All that this page has sent before the ping with this id has been handled."""
    return _render_template("chat/_pulse.html", revision=0, handled=client_id)


def render_reload(revision: int) -> str:
    """The page lacks so much since this revision that it must load anew."""
    return _render_template("chat/_pulse.html", revision=revision, must_reload=True)


def build_delta_frame(message_id: int, offset: int, text: str) -> str:
    """Text in mid-stream; `offset` is the number of characters before it."""
    # Only the text needs to be encoded; to have all of it encoded takes eight times as long.
    return f'{{"delta":{{"message":"{message_id}","offset":{offset},"text":{_encode_json(text)}}}}}'


def render_thinking(message_id: int) -> str:
    """The model thinks before it speaks: the page says so in the place where the text will come."""
    return _render_template("chat/_thinking.html", message=message_id)


def render_waiting(message_id: int) -> str:
    """The model has not begun for a while: the page says in the same place that it is still waited for."""
    return _render_template("chat/_thinking.html", message=message_id, is_waiting=True)


def render_blocks(message_id: int, text: str, rest: str, end: int, swap: str = "beforeend") -> str:
    """Finished Markdown blocks to go below those before them, and the raw text that is left of the message.

    `end` is the number of characters of the message so far.
    """
    context = {"message": message_id, "text": text, "rest": rest, "end": end, "swap": swap}
    return _render_template("chat/_block.html", **context)


def is_text_frame(frame: str) -> bool:
    """Whether a frame is a piece of text in mid-stream, which goes on from the pieces before it."""
    return frame.startswith(("{", '<div class="blocks"'))


def _render_template(template: str, /, **context: Any) -> str:
    return get_template(template).render(context)
