"""What is a link in an answer and in what people write, and that each says where it leads."""

import re

import pytest

from supportbot.conversations.realtime.markdown import (
    render_links,
    render_markdown,
)
from tests.linear_time import takes_linear_time

from .markup import parse


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("Track it: https://shop.example/t/1.", "https://shop.example/t/1", ""),
        ("**https://shop.example/returns**", "https://shop.example/returns", ""),
        ("*https://shop.example/a*, then", "https://shop.example/a", ""),
        ("(see https://shop.example/a_(b)), then", "https://shop.example/a_(b)", ""),
        ("“https://shop.example/a”", "https://shop.example/a", ""),
        ("https://shop.example/a_b*c*_d?e=1&f=~2#g!", "https://shop.example/a_b*c*_d?e=1&f=~2#g", ""),
        ("https://shop.example?a=1&amp;b=2", "https://shop.example?a=1&b=2", ""),
        ("| a |\n|---|\n| https://shop.example/a |", "https://shop.example/a", ""),
        ("http://localhost:8000/a;", "http://localhost:8000/a", ""),
        ("请访问https://shop.example/a查询", "https://shop.example/a", ""),
        ("访问：https://shop.example/a。谢谢", "https://shop.example/a", ""),
        ("https://ja.wikipedia.example/日本", "https://ja.wikipedia.example/%E6%97%A5%E6%9C%AC", ""),
        ("www.shop.example/a, then", "https://www.shop.example/a", ""),
        ("Write to help@shop.example.", "mailto:help@shop.example", ""),
        ("*first_last+tag@mail.shop.example*", "mailto:first_last+tag@mail.shop.example", ""),
        ("邮箱help@shop.example。", "mailto:help@shop.example", ""),
        ("https://pаypal.com/a", "https://xn--pypal-4ve.com/a", "xn--pypal-4ve.com"),
        ("https://xn--pypal-4ve.com", "https://xn--pypal-4ve.com", ""),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://paypal.com@evil.example", "https://paypal.com@evil.example", "evil.example"),
        ("<https://paypal.com@evil.example>", "https://paypal.com@evil.example", "evil.example"),
        ("https://evil.example/\u202emoc.lapyap", "https://evil.example/", ""),
        ("انظر https://shop.example/1، شكرا", "https://shop.example/1", ""),
        ("https://shop.example/1؟", "https://shop.example/1", ""),
        ("देखें https://shop.example/1। धन्यवाद", "https://shop.example/1", ""),
        ("https://shop.example/1—then", "https://shop.example/1", ""),
        ("https://shop.example/1→2", "https://shop.example/1", ""),
        ("https://shop.example/1✅", "https://shop.example/1", ""),
        ("https://shop.example👍", "https://shop.example", ""),
        ("https://shop.example/1👨‍👩‍👧", "https://shop.example/1", ""),
        ("ดูที่https://shop.example/1ครับ", "https://shop.example/1", ""),
        ("ติดต่อhelp@shop.exampleครับ", "mailto:help@shop.example", ""),
        ("មើលwww.shop.example/1ហើយ", "https://www.shop.example/1", ""),
        (
            "https://shop.example/größe?q=ürün#başlık",
            "https://shop.example/gr%C3%B6%C3%9Fe?q=%C3%BCr%C3%BCn#ba%C5%9Fl%C4%B1k",
            "",
        ),
    ],
)
def test_a_bare_address_is_a_link(text, address, shown):
    rendered = parse(render_markdown(text))

    anchor = rendered.one("a")
    assert (anchor["href"], anchor["rel"]) == (address, "noopener noreferrer nofollow")
    assert (f"({shown})" in rendered.text) if shown else not re.search(r"\(\w+\.\w", rendered.text)


def test_what_people_write_stays_as_they_wrote_it_and_its_addresses_are_links():
    text = """  Hello  **Ann**,

1. your label_a is <b>here</b> &amp; &lt; `x` \\* ![a](b)
https://dhl.example/track?id=00_34_01&l=en. Or write to help@shop.example!
https://shop.example/?a=1&copy;=2&amp;b
[label](www.shop.example/a*b)
"""

    shown = parse(render_links(text))

    assert shown.text == text
    assert {each.tag for each in shown} == {"a"}
    assert [each["href"] for each in shown] == [
        "https://dhl.example/track?id=00_34_01&l=en",
        "mailto:help@shop.example",
        "https://shop.example/?a=1&copy;=2&amp;b",
        "https://www.shop.example/a*b",
    ]
    assert "(xn--pypal-4ve.com)" in render_links("https://pаypal.com/a")


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)//https:// x",
        "xhttps://shop.example",
        "https://shop",
        "https:shop.example",
        "`https://shop.example help@shop.example`",
        "awww.shop.example www.shop",
        "hеlp@shop.example",  # the e is Cyrillic
        "help@shop.exаmple",
        "help@shop @shop.example",
        "help\\@shop.example",
        "[x](tel:javascript:alert(1))",
        "[x](tel:*%2306%23)",
        "[x](tel:1 javascript:alert)",
        "[x](javascript:alert 1)",
        "![x](javascript:alert)",
    ],
)
def test_what_only_looks_like_an_address_is_no_link(text):
    assert not parse(render_markdown(text)).all("a")


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("[Track it](https://carrier.example/t/1)", "Track it (carrier.example)"),
        ("[carrier.example](https://carrier.example/t/1)", "carrier.example"),
        ("<https://carrier.example/t/1>", "https://carrier.example/t/1"),
        ("[paypal.com](https://evil.example)", "paypal.com (evil.example)"),
        ("[www.paypal.com](https://pal.com)", "www.paypal.com (pal.com)"),
        (
            "[https://paypal.com](https://evil.example/https://paypal.com)",
            "https://paypal.com (evil.example)",
        ),
        ("[Pay](https://paypal.com@evil.example)", "Pay (evil.example)"),
        ("[Pay](https://paypal.com.evil.example)", "Pay (paypal.com.evil.example)"),
        ("[Pay](https://evil.example?paypal.com)", "Pay (evil.example)"),
        ("[Pay](HTTPS://EVIL.example)", "Pay (evil.example)"),
        ("[Pay](https://pаypal.com)", "Pay (xn--pypal-4ve.com)"),
        ("[**Pay** `now`](https://evil.example)", "Pay now (evil.example)"),
        ("[Pay][1]\n\n[1]: https://evil.example", "Pay (evil.example)"),
        ("![a cat](https://x.example/cat.png)", "a cat (x.example)"),
        ("![](https://x.example/cat.png)", "https://x.example/cat.png"),
        ("[![Mug](x.png)](https://shop.example/mug)", "Mug (shop.example)"),
        ('[![Mug](https://cdn.example/x.png "A mug")](https://shop.example/mug)', "Mug (shop.example)"),
        ("[Track](https://shop.example/a b)", "Track (shop.example)"),
        ("[Track](www.shop.example/a?b=1)", "Track (www.shop.example)"),
        ("[Write](help@shop.example)", "Write"),
        ("[Late[^1]](https://shop.example)", "Late[1] (shop.example)"),
        ("Late[^1]\n\n[^1]: https://shop.example/a", "Late[1] (shop.example)"),
        ('[Track](https://shop.example/a "Your parcel")', "Track (shop.example)"),
        ("[Mail](mailto:help@shop.example?subject=Order 123)", "Mail"),
        ("[Call us](tel:+49 30 123456)", "Call us (+4930123456)"),
        ("[Call us](tel:+49%2030/123456)", "Call us (+4930123456)"),
        ("[Call us](tel:(030) 123-456)", "Call us ((030)123-456)"),
        ("[+49 30 123456](tel:+49 30 123456)", "+49 30 123456"),
        ("[write](mailto:help@shop.example)", "write"),
        ("[help@shop.example](mailto:evil@evil.example)", "help@shop.example (evil@evil.example)"),
        ("[a@b.c](mailto:%3Cb%3E@evil.example)", "a@b.c (<b>@evil.example)"),
        ("[Call us](tel:+4930123456)", "Call us (+4930123456)"),
        ("[+49 30 123-456](tel:+4930123456)", "+49 30 123-456"),
        ("[0800 1](tel:+49900666)", "0800 1 (+49900666)"),
    ],
)
def test_a_link_tells_where_it_leads(link, shown):
    rendered = parse(render_markdown(link))

    assert rendered.text.strip() == shown
    anchor = rendered.one("a")
    assert (anchor["rel"], anchor["target"]) == ("noopener noreferrer nofollow", "_blank")


def test_each_of_the_sources_of_a_sentence_is_a_link():
    text = "It left [1][2], see [2][3] and [more][1].\n\n[1]: https://a.example\n[2]: https://b.example"

    anchors = parse(render_markdown(text)).all("a")

    assert [(each.text, each["href"]) for each in anchors] == [
        ("1", "https://a.example"),
        ("2", "https://b.example"),
        ("2", "https://b.example"),
        ("more", "https://a.example"),
    ]


@pytest.mark.parametrize("unit", ["https://a.b@", "https://a.b)", "https://", "www.a.b@", "a@b.", "a@"])
def test_what_a_customer_writes_to_keep_the_server_busy_is_shown_at_once(unit):
    assert takes_linear_time(lambda: render_links(unit * (10_000 // len(unit))))


def test_an_address_with_spaces_is_a_whole_one():
    anchors = parse(
        render_markdown("[a](https://x.example/a b) [b](mailto:a@x.example?subject=My order)")
    ).all("a")

    assert [each["href"] for each in anchors] == [
        "https://x.example/a%20b",
        "mailto:a@x.example?subject=My%20order",
    ]


@pytest.mark.parametrize(
    "address", ["/new/", "//evil.example", "https:evil.example", "https:///evil.example", "#x", "?x", "x"]
)
def test_what_is_no_whole_address_is_no_link(address):
    assert render_markdown(f"[x]({address})").strip() == f"<p>[x]({address})</p>"
