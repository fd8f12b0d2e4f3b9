"""The built-in model: it works offline, follows rules instead of learning, and always answers the same.

It is a server of the chat completions API that runs in this process. The client in front of it, the parser of
its events and the tool loop are the ones that a real model gets.

The way of a request: `http_server` receives it, `request` reads the dialogue, `intents` recognises what the
customer wants, `decide` and `handover_note` choose tool calls, and `wording` puts their results into words.
For a subject that the model can only pass on to people, add a `Topic` to `topics`; for something that it can
do, add an `Intent` to `intents`. A typed answer is filled in by `forms` with what `facts` finds; for the
meaning of one more field, add a line there.
"""

from typing import Any

from supportbot.assistant.backends.chat import ChatBackend

from .http_server import DemoTransport


class DemoBackend(ChatBackend):
    def __init__(self, *, words_per_second: float = 25, **_ignored: Any) -> None:
        """`words_per_second` 0 sends the answer at once. Options of other backends, such as a key, are ignored."""
        transport = DemoTransport(words_per_second)
        super().__init__(api_key="demo", base_url="http://demo.invalid/v1", model="demo", transport=transport)
