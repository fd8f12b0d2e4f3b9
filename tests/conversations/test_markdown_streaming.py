"""Markdown that comes piece by piece looks as it does whole, and costs no more for being long."""

import time

import pytest

from supportbot.conversations.realtime.answer_stream import StreamedText
from supportbot.conversations.realtime.markdown import (
    measure_finished_blocks,
    render_markdown,
)

from .markup import parse

TEXTS = {
    "paragraphs": "One.\n\nTwo *two*.\n\nThree",
    "a list between": "One:\n\n- a\n- b\n\nTwo.\n\nThree",
    "a table": "So:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nEnd.",
    "a fence": "So:\n\n```\na\n\nb\n```\n\nEnd.\n\nReally",
    "a fence with a name": "```python\na\n\n\nb\n```\n\nEnd",
    "tildes": "~~~\na\n\n```\n\nb\n~~~\n\nEnd",
    "a longer fence": "````\n```\n\na\n```\n\nb\n````\n\nEnd",
    "a fence that names one within": "```\n```python\n\na\n```\n\nEnd",
    "an indented fence": "   ```\n   a\n\n   b\n   ```\n\nEnd",
    "marks within a fence, far in": "```\n     ```\n\na\n```\n\nEnd",
    "a fence behind words": "So: ```js\na\n\nb\n```\n\nEnd.\n\nReally",
    "a fence behind the words of an item": "1. So: ```\n   a\n\n   b\n   ```\n\nEnd",
    "a fence in an item, and one behind words": "- ```\n  a\n  ```\n\nb: ```\nc\n\nd\n```\n\nEnd",
    "marks behind words without an end": "So: ```\na\n\n**b**",
    "marks that tell of themselves": "Begin with ```js\nand end with ```.\n\nEnd.\n\nReally",
    "a table below an item": "- a\n| b | c |\n|---|---|\n| 1 | 2 |\n\nEnd",
    "inline marks": "a ```b``` c\n\nd\n\n```e``` f\n\ng",
    "no end of a fence": "a\n\n```\nb\n\nc",
    "headings": "# a\n\n## b\n\nc",
    "a quote": "> a\n>\n> b\n\nc",
    "a rule": "a\n\n---\n\nb",
    "many blank lines": "a\n\n\n\n\nb\n\n \n\nc",
    "letters": "🎉\n\n👩‍👩‍👧 ü\n\né",
    "line separators": "a\u2028\n\nb\x0b\n\nc\x85d\n\ne",
}


def frames_of(text: str, size: int) -> str:
    """The text as a page shows it that was streamed to in pieces of a size: its blocks, and the raw rest."""
    stream = StreamedText(1)
    shown = ""
    for start in range(0, len(text), size):
        frame = stream.append(text[start : start + size])
        if not frame.startswith("{"):
            blocks, _tail = frame.split("</div><p ", 1)
            shown += blocks.split(">", 1)[1]
    return shown + render_markdown("".join(stream._unfinished_parts))


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_block_by_block_it_looks_as_it_does_whole(text, size):
    assert frames_of(text, size) == render_markdown(text)


IN_LISTS = {
    "a fence in a list": "- a\n\n  ```\n  b\n\n  c\n  ```\n\nEnd",
    "a fence deep in a list": "1. a\n   - b\n\n     ~~~~\n     ~~~\n\n     c\n     ~~~~\n\nEnd",
}


@pytest.mark.parametrize("text", [*TEXTS.values(), *IN_LISTS.values()], ids=[*TEXTS, *IN_LISTS])
def test_a_fence_is_never_split(text):
    for end in range(len(text) + 1):
        finished = text[: measure_finished_blocks(text[:end])]
        assert parse(render_markdown(f"{finished}\n\nwords")).all("p")[-1].text == "words"


def test_what_is_finished_stays_finished():
    for text in TEXTS.values():
        ends = [measure_finished_blocks(text[:end]) for end in range(len(text) + 1)]
        assert ends == sorted(ends)


def test_the_offsets_of_blocks_count_characters():
    stream = StreamedText(7)

    stream.append("🎉🎉\n")
    frame = parse(stream.append("\n👍"))

    tail = frame.one("p", id="tail-7")
    assert (tail["data-end"], tail.text) == ("5", "👍")


@pytest.mark.parametrize("unit", ["word ", "line\n", "block\n\n", "- item\n\n", "`", "**", "[", "> ", "🎉"])
def test_what_is_sent_grows_with_the_text_and_no_faster(unit):
    """Each character goes out as it comes and once more when its block is finished."""

    def sent(count: int) -> int:
        stream = StreamedText(1)
        return sum(len(stream.append(unit)) for _ in range(count))

    assert sent(400) <= 2.2 * sent(200)


def test_an_open_block_is_looked_at_once_however_long_it_is():
    """Code, a list or a table of 40,000 characters, in small pieces."""

    def measure(count: int) -> float:
        stream = StreamedText(1)
        stream.append("```\n")
        begun = time.thread_time()
        for _ in range(count):
            stream.append("x\n\n")
        return time.thread_time() - begun

    measure(100)
    assert measure(13_000) < 1
