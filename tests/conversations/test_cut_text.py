"""An answer that ends in mid-sentence looks as it did while it came: no mark of it is seen raw."""

import re

import pytest

from supportbot.conversations.realtime.markdown import render_markdown
from supportbot.conversations.realtime.markdown.cut_text import finish_cut_text

from .markup import parse

ANSWER = (
    "Your **order *ORD-123*** is *on its way*, see [the tracking](https://shop.example/t) or `the code`.\n\n"
    "* ***Very*** ~~old~~ __items__\n* ![A mug](https://shop.example/m.png)"
)
WORDS = "Your order ORD-123 is on its way, see the tracking or the code. Very old items A mug"


def test_no_mark_of_a_cut_answer_is_seen_raw_wherever_it_is_cut():
    for end in range(1, len(ANSWER) + 1):
        shown = parse(render_markdown(finish_cut_text(ANSWER[:end]))).text
        shown = shown.replace("(shop.example)", "")
        assert not re.search(r"[*_`~\[]|\]\(", shown.replace("[the tracking]", "")), ANSWER[:end]
        words = re.findall(r"[\w-]+[,.]?", shown)
        assert WORDS.replace(" ", "").startswith("".join(words)), ANSWER[:end]


@pytest.mark.parametrize(
    "text",
    [
        "see [1]",
        "2*3 and 5 * 3",
        "snake_case",
        "price* excluded",
        "a \\*b",
        "- [ ] item",
        "```\na **b",
        "So: ```py\na = **b",
        "1. a\n   ```\n   b[0",
    ],
)
def test_what_marks_nothing_stays_as_it_is(text):
    assert finish_cut_text(text) == text


def test_what_is_marked_is_still_marked():
    page = parse(render_markdown(finish_cut_text("It is **late and *very")))

    assert (page.one("strong").text, page.one("em").text) == ("late and very", "very")


def test_an_escaped_character_at_the_end_of_what_is_marked_stays():
    assert parse(render_markdown(finish_cut_text("**It costs 5\\$"))).one("strong").text == "It costs 5$"
