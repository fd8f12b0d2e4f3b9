"""Requests for a server that sees no pictures: words stand in their place."""

from collections.abc import Mapping
from typing import Any

from ...messages import UNSEEN_IMAGE_NOTE

IMAGE_PARTS = ("image_url", "input_image")  # of the two APIs


def has_images(body: Mapping[str, Any]) -> bool:
    """Whether a request of either API holds pictures."""
    return any(map(_is_image, _list_parts([*body.get("messages", ()), *body.get("input", ())])))


def describe_images(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message as text alone, with a note for each of its pictures; as it is when there are none."""
    parts = _list_parts([message])
    if not any(map(_is_image, parts)):
        return dict(message)
    texts = [UNSEEN_IMAGE_NOTE if _is_image(part) else part["text"] for part in parts]
    return {**message, "content": "\n\n".join(texts)}


def _list_parts(messages: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The parts of the customers' messages."""
    contents = [each.get("content") for each in messages if each.get("role") == "user"]
    return [part for content in contents if isinstance(content, list) for part in content]


def _is_image(part: Mapping[str, Any]) -> bool:
    return part["type"] in IMAGE_PARTS
