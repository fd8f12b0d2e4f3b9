"""Markdown of answers: what it shows, where links lead, and that it comes out the same when it streams."""

import gc
import re
import time

import pytest

from supportbot.conversations.realtime.answer_stream import StreamedText
from supportbot.conversations.realtime.markdown import (
    measure_finished_blocks,
    render_links,
    render_markdown,
)
from supportbot.conversations.realtime.markdown.deviations import unwrap_answer
from supportbot.conversations.realtime.markdown.fences import separate_fences
from supportbot.conversations.realtime.markdown.plain_text import render_plain_text
from tests.linear_time import takes_linear_time

from .markup import parse


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello *you*", "<p>Hello <em>you</em></p>"),
        ("**late**", "<p><strong>late</strong></p>"),
        ("~~old~~", "<p><s>old</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("```python\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("# Big", "<h1>Big</h1>"),
        ("5 < 6 & 7 > 2", "<p>5 &lt; 6 &amp; 7 &gt; 2</p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("one<br>two<BR />three", "<p>one<br>two<br>three</p>"),
        ("`<br>`", "<p><code>&lt;br&gt;</code></p>"),
        ("含**重点**内容", "<p>含<strong>重点</strong>内容</p>"),
        ("ご注文は**「発送済み」**です。", "<p>ご注文は<strong>「発送済み」</strong>です。</p>"),
        ("**重要：**请注意。", "<p><strong>重要：</strong>请注意。</p>"),
        ("**注文(ORD-1)**は*「明日」*。", "<p><strong>注文(ORD-1)</strong>は<em>「明日」</em>。</p>"),
        ("~~「古い」~~です", "<p><s>「古い」</s>です</p>"),
        ("**배송(2일)**이", "<p><strong>배송(2일)</strong>이</p>"),
        ("a**“b”**c 2 * 3 * 4", "<p>a**“b”**c 2 * 3 * 4</p>"),
        ('สถานะ**"จัดส่งแล้ว"**ครับ', '<p>สถานะ<strong>"จัดส่งแล้ว"</strong>ครับ</p>'),
        ("ស្ថានភាព**«បានផ្ញើ»**ហើយ", "<p>ស្ថានភាព<strong>«បានផ្ញើ»</strong>ហើយ</p>"),
        ("It left.\n---\nThanks", "<p>It left.</p>\n<hr>\n<p>Thanks</p>"),
        ("---\nstatus: sent\n---\nHello", "<hr>\n<p>status: sent</p>\n<hr>\n<p>Hello</p>"),
        ("- a\n  b\n  ---\n- c", "<ul>\n<li>a<br>\nb\n<hr>\n</li>\n<li>c</li>\n</ul>"),
        ("Big\n===", "<h1>Big</h1>"),
        ("a | b\n--- | ---", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n</table>"),
        ("```markdown\n**late**\n```", "<p><strong>late</strong></p>"),
        (
            "~~~MD\n# Big\n```python\na\n```\nb\n~~~\n",
            "<h1>Big</h1>\n<pre><code>a\n</code></pre>\n<p>b</p>",
        ),
        ("```markdown\n*a*\n```\nCopy it.", "<pre><code>*a*\n</code></pre>\n<p>Copy it.</p>"),
        (
            "```md\n*a*\n```\nand\n```\nb\n```",
            "<pre><code>*a*\n</code></pre>\n<p>and</p>\n<pre><code>b\n</code></pre>",
        ),
        (
            "Run it: ```sh\nls\n```\nGood luck.",
            "<p>Run it:</p>\n<pre><code>ls\n</code></pre>\n<p>Good luck.</p>",
        ),
        ("**代码：**```\na\n\nb\n```", "<p><strong>代码：</strong></p>\n<pre><code>a\n\nb\n</code></pre>"),
        ("## Try ````md\n```\na\n```\n````", "<h2>Try</h2>\n<pre><code>```\na\n```\n</code></pre>"),
        (
            "It is a fence: ```\nIt is so.\n\nMore **bold**.",
            "<p>It is a fence: ```<br>\nIt is so.</p>\n<p>More <strong>bold</strong>.</p>",
        ),
        ("So: ```\nlet a\n\n", "<p>So:</p>\n<pre><code>let a\n\n</code></pre>"),
        ("So: ```js\nlet a\n\nlet b", "<p>So:</p>\n<pre><code>let a\n\nlet b</code></pre>"),
        ("So: ```js\nlet a", "<p>So:</p>\n<pre><code>let a</code></pre>"),
        (
            "- Run: ```\n  ls\n  ```\n- Wait",
            "<ul>\n<li>Run:<pre><code>ls\n</code></pre>\n</li>\n<li>Wait</li>\n</ul>",
        ),
        (
            "1. Run: ```\nls\n```\n2. Wait",
            '<ol>\n<li>Run:</li>\n</ol>\n<pre><code>ls\n</code></pre>\n<ol start="2">\n<li>Wait</li>\n</ol>',
        ),
        (
            "> So: ```\n> a\n> ```\n> b",
            "<blockquote>\n<p>So:</p>\n<pre><code>a\n</code></pre>\n<p>b</p>\n</blockquote>",
        ),
        ("```\nSo: ```js\n```", "<pre><code>So: ```js\n</code></pre>"),
        ("Begin with ```js\nand end with ```.", "<p>Begin with <code>js and end with </code>.</p>"),
        ("![Mug](mug.png) and ![](x.png)!", "<p>Mug and !</p>"),
        (
            "- [ ] a\n- [x] **b**\n  - [X] c\n- [y] d",
            "<ul>\n<li>☐ a</li>\n<li>☑ <strong>b</strong>\n<ul>\n<li>☑ c</li>\n</ul>\n</li>\n<li>[y] d</li>\n</ul>",
        ),
        ("> [!NOTE]\n> It is late.", "<blockquote>\n<p>It is late.</p>\n</blockquote>"),
        ("> [!tip]\n>\n> Call.", "<blockquote>\n<p>Call.</p>\n</blockquote>"),
        ("> [!x] a", "<blockquote>\n<p>[!x] a</p>\n</blockquote>"),
        ("Late[^1].\n\n[^1]: By a day.", "<p>Late[1].</p>\n<p>[1]: By a day.</p>"),
        ("one</br>two", "<p>one<br>two</p>"),
        ("1. a\n\n2024. b", "<ol>\n<li>a</li>\n</ol>\n<p>2024. b</p>"),
        ("**Total:**5 and **“sent”**s", "<p><strong>Total:</strong>5 and <strong>“sent”</strong>s</p>"),
        (
            "**Total: **5 **Tax: ** 1, **late: **",
            "<p><strong>Total: </strong>5 <strong>Tax: </strong> 1, <strong>late: </strong></p>",
        ),
        (
            "**This is **very** late** ** x ** y",
            "<p><strong>This is <strong>very</strong> late</strong> ** x ** y</p>",
        ),
        ("x**2 + y ** 2, **a\n**b", "<p>x**2 + y ** 2, **a<br>\n**b</p>"),
        ("10cm*20cm*5cm, 2*9.95 + 1*5, 共*3*件", "<p>10cm*20cm*5cm, 2*9.95 + 1*5, 共<em>3</em>件</p>"),
        ("*a **b: **c*d*", "<p><em>a <strong>b: </strong>c</em>d*</p>"),
        ("2024. It was late.\n\n1999) So it was", "<p>2024. It was late.</p>\n<p>1999) So it was</p>"),
        ("999. a\n\n0. b", '<ol start="999">\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ol>'),
        ("`![Mug](mug.png)` !important! [x]", "<p><code>![Mug](mug.png)</code> !important! [x]</p>"),
    ],
)
def test_it_shows(text, html):
    assert render_markdown(text).strip() == html


@pytest.mark.parametrize("mark", ["- ", "1. ", "> ", "> - ", ">"])
@pytest.mark.parametrize("depth", [8, 9, 10, 19, 20, 21, 60])
def test_no_word_is_lost_however_deep_it_stands(mark, depth):
    steps = [f"{mark * number}word{number}" for number in range(1, depth)]

    for text in (mark * depth + "**deep**", "\n".join(steps), "\n\n".join(steps)):
        shown = parse(render_markdown(text)).text
        assert re.findall(r"\w+\d|deep", shown) == re.findall(r"\w+\d|deep", text)


def test_it_shows_tables():
    table = parse(render_markdown("| Order | Status |\n|---|---|\n| ORD-123 | shipped |"))

    assert [cell.text for cell in table.all("th")] == ["Order", "Status"]
    assert [cell.text for cell in table.all("td")] == ["ORD-123", "shipped"]


@pytest.mark.parametrize("indent", [0, 1, 2, 3, 4, 5, 6, 8, 12])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "words",
    [
        "- Your order:",
        "* **Your order**",
        "10. Your order:",
        "1. a\n    * b",
        "- a\n\n  - b",
        "- a\n  b",
        "a",
    ],
)
def test_a_table_is_one_below_the_words_of_an_item_however_deep_it_is(words, gap, indent):
    lines = ["| Order | Status |", "|---|---|", "| ORD-123 | shipped |"]
    text = f"{words}{gap}" + "\n".join(" " * indent + line for line in lines)

    page = parse(render_markdown(f"{text}\n\nThanks"))

    assert [cell.text for cell in page.one("table").all("td")] == ["ORD-123", "shipped"]
    assert page.all("p")[-1].text == "Thanks"
    assert "|" not in page.text


@pytest.mark.parametrize(
    "text",
    [
        "1. a | b\n2. c | d",
        "- a\n\n      b | c\n      d | e",
        "> a\n| b | c |\n|---|---|",
        "a\n    |---|---|",
    ],
)
def test_words_with_bars_are_no_table(text):
    assert not parse(render_markdown(text)).all("table")


def test_the_columns_of_a_table_are_aligned_and_its_cells_have_lines():
    table = parse(render_markdown("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2<br>3 | 4 |"))

    assert [cell["class"] for cell in table.all("td")] == ["align-left", "align-center", "align-right"]
    assert [len(cell.all("br")) for cell in table.all("td")] == [0, 1, 0]


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


@pytest.mark.parametrize(
    ("before", "number", "after"),
    [
        ("اتصل بنا على ", "+49 30 1234567", " من فضلك."),
        ("الهاتف:", "(030) 123 45-67", "، شكرا"),
        ("התקשרו (", "03-123-4567", ")."),
        ("رقم التتبع ", "1234 5678 9012", ""),
        ("התקשרו ל-", "052-123-4567", " בבקשה"),
        ("أرقامنا: 12, ", "056 123 4567", ", شكرا"),
    ],
)
def test_a_number_in_groups_keeps_its_order_within_a_text_from_right_to_left(before, number, after):
    isolated = f'{before}<bdi dir="ltr">{number}</bdi>{after}'

    assert render_markdown(f"{before}{number}{after}").strip() == f"<p>{isolated}</p>"
    assert render_links(f"{before}{number}{after}") == isolated
    assert render_plain_text(f"{before}{number}{after}") == f"{before}{number}{after}"


@pytest.mark.parametrize(
    "text",
    [
        "Call +49 30 1234567.",
        "من 3-5 أيام",
        "`+49 30 1234567` اتصل",
        "رقم 12345678",
        "سيصل طلبك 15/01/2024 10:30 صباحا",
        "سيصل 10:30 15/01/2024",
        "نعمل من 10:00-12:00",
        "السعر 1.234.567,89 ريال",
        "السعر 1,234,567.89 12 ريال",
        "السعر 1,500-2,000 ريال",
        "من 10 000 - 20 000 ريال",
        "الطلب 12345. 678 آخر",
        "موسم 2023-2024",
        "من 15/01/2024-20/01/2024",
        "طلبك ORD-2024-0001234 في الطريق",
        "الحساب DE89 3704 0044 0532 0130 00",
        "تتبع https://example.com/2024-0001234 هنا",
    ],
)
def test_other_numbers_are_not_set_apart(text):
    assert "bdi" not in render_markdown(text)


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
    "unit",
    [
        "://",
        "https://",
        "https://x.y/(",
        "www.a.",
        "a@b.",
        "[https://a.b/",
        "**「",
        "<br>",
        "![a",
        "![](",
        "[x](tel:1 2",
        "[1]",
        "- a\n      |---|---|\n",
        "    |---|---|\n",
        "- a\n| b |\n|---|\n",
        "**a:",
        "**a:**b ",
        "*a **b ",
        "**a [",
    ],
)
def test_a_hostile_text_takes_time_that_grows_with_its_length(unit):
    def measure(count: int) -> float:
        gc.disable()  # in a process with as much in it as this one it takes longer than what is measured
        try:
            begun = time.thread_time()
            render_markdown(unit * count)
            return time.thread_time() - begun
        finally:
            gc.enable()

    measure(10)
    assert measure(2000) < 20 * measure(200) + 0.2


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


@pytest.mark.parametrize("unit", ["a: ```\n", "```\n", "a: ```\n```\n", "- ```a\n", "> ", "a ``` "])
def test_fences_behind_words_are_looked_for_in_time_that_grows_with_the_text(unit):
    assert takes_linear_time(lambda: separate_fences(unit * 10_000))
    assert takes_linear_time(lambda: measure_finished_blocks(unit * 10_000))


@pytest.mark.parametrize("unit", ["https://a.b@", "https://a.b)", "https://", "www.a.b@", "a@b.", "a@"])
def test_what_a_customer_writes_to_keep_the_server_busy_is_shown_at_once(unit):
    assert takes_linear_time(lambda: render_links(unit * (10_000 // len(unit))))


@pytest.mark.parametrize("unit", ["\n", "\n ", "\n```", "a\n", "```a\n"])
def test_a_fence_around_an_answer_is_looked_for_in_time_that_grows_with_its_length(unit):
    begun = time.thread_time()

    unwrap_answer("```md\n" + unit * 30_000)

    assert time.thread_time() - begun < 0.2


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
