"""Answers in mails and downloads read well where nothing draws Markdown, and hide no address behind words."""

from time import process_time

import pytest

from supportbot.conversations.realtime.markdown.plain_text import render_plain_text

TEXTS = {
    "marks": (
        "**Order ORD-123** is *shipped*, `in 2 days`. ~~20 €~~ 15 €",
        "Order ORD-123 is shipped, in 2 days. ~~20 €~~ 15 €",
    ),
    "what is no mark": (
        "snake_case and 5 * 3, #1001 \\*so\\* &amp; <b>",
        "snake_case and 5 * 3, #1001 *so* & <b>",
    ),
    "a heading": ("## What next\nWait.", "What next\n\nWait."),
    "a link": ("[your order](https://e.org/o?id=1&x=2)", "your order (https://e.org/o?id=1&x=2)"),
    "bare addresses": (
        "See https://e.org/a_b_c/, www.e.org or <https://e.org/ü>.",
        "See https://e.org/a_b_c/, www.e.org or https://e.org/ü.",
    ),
    "mail and telephone": (
        "[us](mailto:a@e.org?subject=x), a@e.org, [+49 (0) 1](tel:+4901) or [call](tel:+4901)",
        "us (a@e.org), a@e.org, +49 (0) 1 or call (+4901)",
    ),
    "another address than its words": (
        "[https://bank.example](https://evil.org)",
        "https://bank.example (https://evil.org)",
    ),
    "the same host, and more behind it": (
        "[e.org](https://e.org/pay?to=me)",
        "e.org (https://e.org/pay?to=me)",
    ),
    "letters like others": (
        "[https://exаmple.org](https://exаmple.org)",
        "https://exаmple.org (https://xn--exmple-4nf.org)",
    ),
    "no link": ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    "a list": ("* one\n* two\n  1. a\n  2. b", "- one\n- two\n  1. a\n  2. b"),
    "a list that begins later": ("3. c\n4. d", "3. c\n4. d"),
    "a list with paragraphs": ("- one\n\n  more\n\n- two", "- one\n\n  more\n\n- two"),
    "a quotation": ("> said\n> - x", "> said\n>\n> - x"),
    "code": ("```py\nx = '**'\n\ny\n```", "x = '**'\n\ny"),
    "lines": ("one\ntwo  \nthree\\\nfour<br>five", "one\ntwo\nthree\nfour\nfive"),
    "a rule": ("a\n\n---\n\nb", "a\n\n----------\n\nb"),
    "a table": (
        "| Order | Price |\n|--|--:|\n| **ORD-1** | 9 € |\n| 注文 | 19,90 € |",
        "Order    Price\n-----  -------\nORD-1      9 €\n注文   19,90 €",
    ),
    "a wide table": (
        f"| Order | {'Long ' * 10}|\n|--|--|\n| ORD-1 | {'x' * 80}<br>y |\n| ORD-2 | |",
        f"Order: ORD-1\n{'Long ' * 10}".rstrip() + f": {'x' * 80} y\n\nOrder: ORD-2",
    ),
    "nothing": ("", ""),
    "what Markdown keeps to itself": ("[x]: https://e.org", "[x]: https://e.org"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_an_answer_reads_as_plain_text(name):
    text, plain = TEXTS[name]
    assert render_plain_text(text) == plain


LONG = {
    "strong": "**" * 15_000 + "a" + "**" * 15_000,
    "quotations": ">" * 30_000 + "a",
    "lists": "- " * 15_000 + "a",
    "brackets": "[" * 30_000,
    "a table": "|a|b|\n|-|-|\n" + "|x|y|\n" * 5_000,
    "links": "[a](https://e.org) " * 1_500,
}


@pytest.mark.parametrize("name", LONG)
def test_what_is_made_to_take_long_does_not(name):
    begun = process_time()
    assert render_plain_text(LONG[name])
    assert process_time() - begun < 3
