"""A mail's HTML as text in which what it quotes is quoted by «>», and a line says where a program puts the old mail."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

BULLET = "- "
OLD_MAIL = "\x02"  # a line of its own: what follows is the mail that is answered
MAX_DEPTH = 40
MAX_HTML_CHARS = 500_000
MAX_OPEN_TAGS, MAX_AMPERSANDS = 3_000, 100_000  # with more of them it takes seconds to clean
TAG = re.compile(r"<[^<>]{0,2000}>")
PARAMETER = re.compile(r"<param>[^<]{0,1000}</param>", re.IGNORECASE)  # such as the name of a colour
EXCERPT = re.compile(r"<(/?)excerpt>", re.IGNORECASE)  # a quote
LINE_BREAKS = re.compile(r"\n{2,}")
TAG_BEGINNING = re.compile(r"<(/?)([a-zA-Z]+)")
BULK = (
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<style\b", re.IGNORECASE), re.compile(r"</style\s*>", re.IGNORECASE)),
    (re.compile(r"<script\b", re.IGNORECASE), re.compile(r"</script\s*>", re.IGNORECASE)),
)
DATA_ADDRESS = re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=\s%]*", re.IGNORECASE)
EMPTY_TAGS = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "col", "area", "base"})
SKIPPED = frozenset({"style", "script", "title", "template", "noscript"})
INLINE = frozenset({"br", "span", "a", "b", "i", "u", "em", "strong", "font", "td", "th", "tbody", "thead"})
VOID = frozenset({"br", "hr"})
CELLS = frozenset({"td", "th"})  # with a space between them
# With an empty line around them.
PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"})
BLOCKS = PARAGRAPHS | {
    *("div", "tr", "li", "blockquote", "section", "article", "header", "footer"),
    *("dl", "dt", "dd", "hr", "center"),
}
# By id, class or name: where a program puts the mail that is answered, and where its own or the writer's signature.
OLD_MAIL_NAMES = re.compile(
    r"divrplyfwdmsg|appendonsend|mail-editor-reference-message-container|olk_src_body_section|yahoo_quoted"
    r"|ms-outlook-mobile-reference-message|zmail_extra|gmx_quote|proton-?mail_quote_old|x_divrplyfwdmsg"
    r"|stopspelling|_original_?message_?"
)
SIGNATURE_NAMES = re.compile(
    r"gmail_signature|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature|applemailsignature"
    r"|id-?signature|bloop_sign|yahoo-?signature|mobile_?signature|x_gmail_signature"
)
QUOTE_NAMES = re.compile(r"^(?:quote|gmail_quote_old)$")
# What a reader of mails does not show, such as the words that lists of mails show of newsletters.
HIDDEN = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)\b", re.IGNORECASE)
# How Outlook draws the line above the mail that is answered.
RULED = re.compile(r"border:none;border-top:solid#(?:e1e1e1|b5c4df)1\.0pt", re.IGNORECASE)


@dataclass
class _Element:
    tag: str
    is_quote: bool = False
    is_skipped: bool = False


class _Reader(HTMLParser):
    """Gathers lines. Quotation is counted, so that each line says how deep it stands."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line = ""
        self._open: list[_Element] = []
        self._depth = self._skipped = self._verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._end_line(is_forced=True)
            return
        if tag in BLOCKS:
            self._end_line()
        if tag in PARAGRAPHS and self._depth == 0:
            self._add_blank()
        if tag in VOID:
            return
        values = {name: value or "" for name, value in attrs}
        names = " ".join(values.get(each, "") for each in ("id", "class", "name")).lower()
        if not self._skipped and _begins_old_mail(names, values.get("style", "")):
            self._end_line()
            if self._depth == 0:  # within a quotation it is one of an older mail
                self.lines.append(OLD_MAIL)
        is_skipped = bool(SIGNATURE_NAMES.search(names) or HIDDEN.search(_strip_spaces(values)))
        element = _Element(tag, _is_quote(tag, values), is_skipped)
        self._open.append(element)
        self._count(element, 1)
        if tag == "li" and not self._skipped:
            self._line = BULLET
        if tag in CELLS and self._line.strip():
            self._line = f"{self._line.rstrip()} "

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            return
        if tag in BLOCKS:
            self._end_line()
        if tag == "li" and self._line == BULLET:
            self._line = ""
        self._count(self._open.pop(), -1)
        if tag in PARAGRAPHS and self._depth == 0:
            self._add_blank()

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._verbatim:
            first, *others = data.split("\n")
            self._line += first
            for each in others:
                self._end_line(is_forced=True)
                self._line = each
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._line += words.lstrip(" ") if not self._line or self._line.endswith(" ") else words

    def finish_text(self) -> str:
        self.close()
        self._end_line()
        return "\n".join(self.lines)

    def _count(self, element: _Element, step: int) -> None:
        if element.is_quote:
            self._end_line()
            self._depth += step
        if element.is_skipped:
            self._skipped += step
        if element.tag == "pre":
            self._verbatim += step

    def _end_line(self, *, is_forced: bool = False) -> None:
        if self._line == BULLET and not is_forced:
            return  # what it stands before comes in a block of its own
        text = self._line.rstrip()
        if self._line and not text:  # an empty paragraph, as &nbsp;
            self._add_blank()
        self._line = ""
        if text or is_forced:
            depth = min(self._depth, MAX_DEPTH)
            self.lines.append(f"{'>' * depth}{' ' if depth else ''}{text}")

    def _add_blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def html_to_text(html: str) -> str:
    """The text of a mail's HTML. Of broken HTML what can be read."""
    html = _drop_bulk(html.replace("\0", ""))
    if len(html) > MAX_HTML_CHARS:
        html = html[: html.rfind("<", 0, MAX_HTML_CHARS) if "<" in html[:MAX_HTML_CHARS] else MAX_HTML_CHARS]
    if html.count("&") > MAX_AMPERSANDS or _count_depth(html) > MAX_OPEN_TAGS:
        return TAG.sub(" ", html)
    # Python's own reader takes minutes for some broken HTML; what comes out of this one is well formed.
    clean = nh3.clean(
        html,
        tags=set(BLOCKS | INLINE),
        clean_content_tags=set(SKIPPED),
        attributes={"*": {"id", "class", "name", "style", "type"}},
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(clean)
    return reader.finish_text()


def enriched_to_html(text: str) -> str:
    """Rich text of RFC 1896, where lines wrap: n breaks are n - 1. «<<» is «<» there, and «<lt>» in older ones."""
    text = PARAMETER.sub("", text.replace("\r\n", "\n").replace("&", "&amp;").replace("<<", "&lt;"))
    text = EXCERPT.sub(r"<\1blockquote>", text)
    text = text.replace("<lt>", "&lt;").replace("<nl>", "<br>")
    return LINE_BREAKS.sub(lambda found: "<br>" * (len(found[0]) - 1), text)


def _drop_bulk(html: str) -> str:
    """Without comments, styles and pictures within it, which may be megabytes that stand before the first word."""
    for beginning, end in BULK:
        pieces, position = [], 0
        while found := beginning.search(html, position):
            closed = end.search(html, found.end())
            if closed is None:
                break
            pieces.append(html[position : found.start()])
            position = closed.end()
        html = "".join([*pieces, html[position:]])
    return DATA_ADDRESS.sub("", html)


def _count_depth(html: str) -> int:
    """How many tags are open at once, at the most: with tens of thousands reading takes minutes."""
    depth = deepest = 0
    for found in TAG_BEGINNING.finditer(html):
        if found[1]:
            depth = max(0, depth - 1)
        elif found[2].lower() not in EMPTY_TAGS:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _strip_spaces(values: dict[str, str]) -> str:
    return values.get("style", "").replace(" ", "")


def _is_quote(tag: str, values: dict[str, str]) -> bool:
    if tag == "blockquote":
        style = _strip_spaces(values).lower()
        # Without a line at its left it is how some programs indent what was written.
        return not ("border:none" in style and "padding:0" in style and values.get("type") != "cite")
    return tag == "div" and bool(QUOTE_NAMES.match(values.get("name", "").lower()))


def _begins_old_mail(names: str, style: str) -> bool:
    return bool(OLD_MAIL_NAMES.search(names) or RULED.search(style.replace(" ", "")))
