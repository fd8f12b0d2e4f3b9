"""What is heard of a text that a model says, in pieces of some size."""

from supportbot.assistant.backends.spoken_text import SpokenText


def hear_answer(said: str, size: int) -> str:
    spoken, text = SpokenText(), ""
    for start in range(0, len(said), size):
        piece = spoken.feed_text(said[start : start + size])
        text = piece if spoken.is_withdrawn else text + piece
        spoken.is_withdrawn = False
    rest = spoken.flush_text()
    return rest if spoken.is_withdrawn else text + rest
