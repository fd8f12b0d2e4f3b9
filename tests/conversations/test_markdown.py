"""Markdown of answers: what it shows, and that no text takes longer to render than its length."""

import gc
import re
import time

import pytest

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
        ("[Track **it**]() now", "<p>Track <strong>it</strong> now</p>"),
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
def test_markdown_is_shown_as_its_writer_meant_it(text, html):
    assert render_markdown(text).strip() == html


@pytest.mark.parametrize("mark", ["- ", "1. ", "> ", "> - ", ">"])
@pytest.mark.parametrize("depth", [8, 9, 10, 19, 20, 21, 60])
def test_no_word_is_lost_however_deep_it_stands(mark, depth):
    steps = [f"{mark * number}word{number}" for number in range(1, depth)]

    for text in (mark * depth + "**deep**", "\n".join(steps), "\n\n".join(steps)):
        shown = parse(render_markdown(text)).text
        assert re.findall(r"\w+\d|deep", shown) == re.findall(r"\w+\d|deep", text)


def test_a_table_is_shown_as_one():
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


@pytest.mark.parametrize("unit", ["a: ```\n", "```\n", "a: ```\n```\n", "- ```a\n", "> ", "a ``` "])
def test_fences_behind_words_are_looked_for_in_time_that_grows_with_the_text(unit):
    assert takes_linear_time(lambda: separate_fences(unit * 10_000))
    assert takes_linear_time(lambda: measure_finished_blocks(unit * 10_000))


@pytest.mark.parametrize("unit", ["\n", "\n ", "\n```", "a\n", "```a\n"])
def test_a_fence_around_an_answer_is_looked_for_in_time_that_grows_with_its_length(unit):
    begun = time.thread_time()

    unwrap_answer("```md\n" + unit * 30_000)

    assert time.thread_time() - begun < 0.2
