"""An answer may be rendered in pieces, for they look the same within the whole."""

import random

import pytest

from supportbot.conversations.realtime.markdown import render_markdown, render_whole
from supportbot.conversations.realtime.markdown.fences import separate_fences
from supportbot.conversations.realtime.markdown.pieces import split_markdown

LINES = (
    *(
        "words",
        "some *marked* words",
        "**bold** begins",
        "two spaces  ",
        "\\",
        "&nbsp;",
        "\u00a0",
        "`code",
        "<br>",
    ),
    *(
        "- item",
        "* star",
        "+ plus",
        "1. one",
        "2) two",
        "-",
        "1.",
        "  - nested",
        "   1. nested",
        "- > quoted",
        "* * *",
    ),
    *(
        "  indented",
        "    code",
        "      deep",
        "\ttab",
        "> quote",
        "> - in quote",
        "> ```",
        "# head",
        "---",
        "===",
    ),
    *("```", "```py", "~~~", "~~~~", "   ```", "- ```", "``` x ` y", "| a | b |", "|---|--:|", "| 1 | 2 |"),
    *("      | a | b |", "      |---|--:|", " | a | b |", "so: ```", "- so: ```py", "> so ```py"),
    *("[x]: https://shop.example", "see [x]", "https://shop.example", "1986\\. A year", "\r", "\x00"),
)


@pytest.mark.parametrize("seed", range(4))
def test_the_pieces_of_any_text_look_as_they_do_within_it(seed):
    random_ = random.Random(seed)
    count = 0
    for _ in range(400):
        lines = [*random_.sample(LINES, 8), "", "", ""]
        text = "\n".join(random_.choices(lines, k=random_.randint(1, 14)))
        pieces = list(split_markdown(text))
        count += len(pieces) > 1

        assert "".join(pieces) == text
        assert render_markdown(text) == render_whole(separate_fences(text)), text
    assert count > 40


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One.\n\nTwo.\n\n\nThree.", ["One.\n\n", "Two.\n\n\n", "Three."]),
        ("Now:\n\n- a\n- b\n\nThen.", ["Now:\n\n", "- a\n- b\n\n", "Then."]),
        ("- a\n\n- b\n\n  more\n\nThen.", ["- a\n\n- b\n\n  more\n\n", "Then."]),
        ("```\na\n\nb\n```\n\nThen.", ["```\na\n\nb\n```\n\n", "Then."]),
        ("```\na\n\nb", ["```\na\n\nb"]),
        ("See [it].\n\n[it]: https://shop.example", ["See [it].\n\n[it]: https://shop.example"]),
        ("", [""]),
    ],
)
def test_a_piece_begins_where_nothing_reaches_beyond_a_blank_line(text, pieces):
    assert list(split_markdown(text)) == pieces
