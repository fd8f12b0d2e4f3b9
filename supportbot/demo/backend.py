"""The built-in model: it works offline, follows rules instead of learning, and always answers the same.

It is a server of the chat completions wire format that happens to live in this process: the client code
in front of it, the splitting of events and the tool loop are the ones that a real model gets.

The way of a request: `wire` receives it, `talk` reads it, `intents` names what the customer wants,
`errands` decides on tools and `wording` puts results into words. To teach it a subject it can only pass on,
add a line to `topics`; to teach it something to do, add an `Intent`. A typed answer is filled in by `forms`
with what `findings` knows; to teach it the meaning of one more field, add a line there.
"""

from typing import Any

from supportbot.assistant.backends.chat import ChatBackend

from .http_server import DemoTransport


class DemoBackend(ChatBackend):
    def __init__(self, *, words_per_second: float = 25, **_ignored: Any) -> None:
        """`words_per_second` 0 means at once. What another backend needs, such as a key, is passed over."""
        transport = DemoTransport(words_per_second)
        super().__init__(api_key="demo", base_url="http://demo.invalid/v1", model="demo", transport=transport)
