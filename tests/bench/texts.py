"""What is said in a measurement, and how it is found again in what a page is sent."""

import json
import re
import uuid
from collections.abc import Iterator

QUESTION = "Hello, I ordered a kettle two weeks ago and it has not arrived. The order number is ORD-123."
ANSWER = (
    "I looked it up for you: **ORD-123** has been shipped and should be with you in *2 days*.\n\n"
    "- It left our warehouse on Monday.\n- The carrier has it.\n\nIs there anything else I can do?"
)
# As long as a real one may be: the model is told to use at most 250 words.
SUMMARY = (
    "The customer ordered a kettle (ORD-123), which was late, asked where it is and was told each time that "
    "the carrier has it. They want it delivered, not refunded. Nothing else is open. "
) * 8

# A token of the scripted model: its number, and the microsecond at which it was sent. Plain letters and
# digits: neither HTML escaping nor Markdown changes them.
TOKEN = "t%05dx%015d "
TOKENS = re.compile(rb"t(\d{5})x(\d{15})")

_STATUS = re.compile(rb"<[a-z][^>]*\bdata-status=[^>]*>")
_ATTRIBUTE = re.compile(rb"""\bdata-(message|role|status)=["']([^"']*)["']""")


def frame_of_question(page: str) -> bytes:
    """What htmx sends when a customer on that page asks."""
    headers = {
        "HX-Request": "true",
        "HX-Trigger": None,
        "HX-Trigger-Name": None,
        "HX-Target": None,
        "HX-Current-URL": page,
    }
    message = {"text": "Where is my parcel?", "client_id": str(uuid.uuid4()), "HEADERS": headers}
    return json.dumps(message).encode()


def ended_answers(fragment: bytes) -> Iterator[tuple[bytes, str]]:
    """The answers in a fragment that have come to their end, by their id, and how."""
    if b"data-status=" not in fragment:
        return
    for tag in _STATUS.findall(fragment):
        values = dict(_ATTRIBUTE.findall(tag))
        status = values[b"status"].decode()
        if values.get(b"role") == b"assistant" and status in ("complete", "partial", "failed"):
            yield values.get(b"message", b""), status
