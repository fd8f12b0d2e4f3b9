"""Markdown of answers as HTML that may stand in a page: rendered as a whole, then cut down to what is allowed.

The text is a model's and so nobody's: raw HTML but for line breaks is shown as text, images are not loaded, links name
their host, and the sanitiser at the end keeps only a short list of tags whatever the renderer made of it.
"""

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from supportbot.server.stack_chunks import begin_stack_chunk

from .containers import add_containers
from .deviations import add_deviations, unwrap_answer
from .emphasis import UnspacedInlineParser, add_emphasis
from .fences import FenceReader, separate_fences
from .grouped_numbers import add_grouped_numbers
from .links import add_links, add_scheme, is_valid_link, normalize_telephone
from .pieces import split_markdown

ALLOWED_TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    "bdi",
}
ALLOWED_ATTRIBUTES = {"*": set(), "a": {"href"}, "ol": {"start"}, "bdi": {"dir"}}
# How the columns of a table are aligned. The page's policy allows no inline styles.
ALIGNMENTS = {f"text-align:{side}": f"align-{side}" for side in ("left", "center", "right")}
ALLOWED_CLASSES = {"th": set(ALIGNMENTS.values()), "td": set(ALIGNMENTS.values())}
LINE_BREAK_TAG = re.compile(r"</?br\s*/?>", re.IGNORECASE)
# Of a process: a piece of an answer is shown as it streams, and at the end to its customer and to staff.
CACHED_PIECES, MAX_CACHED_CHARS = 1_000, 4_000  # longer ones are rare, and would fill the memory
# Made once: to read the lists takes longer than to clean most answers.
_cleaner = nh3.Cleaner(
    tags=ALLOWED_TAGS,
    attributes=ALLOWED_ATTRIBUTES,
    allowed_classes=ALLOWED_CLASSES,
    url_schemes={"https", "http", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


def normalize_address(_markdown: MarkdownIt, url: str) -> str:
    return normalizeLink(normalize_telephone(add_scheme(url)))


class _Linker(MarkdownIt):
    normalizeLink = normalize_address  # noqa: N815 - the library's name

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return is_valid_link(url)


class _Markdown(_Linker):
    def __init__(self) -> None:
        super().__init__()
        self.inline = UnspacedInlineParser()
        self.configure("commonmark", {"html": False, "breaks": True})


def _parse_line_break_tag(state: StateInline, silent: bool) -> bool:
    """In the cell of a table there is no other way to begin a line."""
    found = LINE_BREAK_TAG.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = "<br>"
    state.pos = found.end()
    return True


def _open_cell(renderer, tokens, index, options, env) -> str:
    token = tokens[index]
    if style := token.attrs.pop("style", ""):
        token.attrSet("class", ALIGNMENTS[str(style)])
    return renderer.renderToken(tokens, index, options, env)


_markdown = _Markdown().enable(["table", "strikethrough"]).disable("image")
_markdown.inline.ruler.before("autolink", "line_break_tag", _parse_line_break_tag)
_markdown.add_render_rule("th_open", _open_cell)
_markdown.add_render_rule("td_open", _open_cell)
add_links(_markdown)
add_deviations(_markdown)
add_containers(_markdown)
add_emphasis(_markdown)
add_grouped_numbers(_markdown)

_plain_text = _Linker("zero")  # in which nothing means anything but itself
add_links(_plain_text, unescape=str)
add_grouped_numbers(_plain_text)


def parse_markdown(text: str) -> list[Token]:
    """What a text is made of, by the same rules for pages and for plain text."""
    return _markdown.parse(_prepare_text(text))


def render_markdown(text: str) -> str:
    """The HTML of a text, of allowed tags alone. It may stand in a page as it is."""
    return "".join(map(_render_piece, split_markdown(_prepare_text(text))))


@begin_stack_chunk
def render_whole(text: str) -> str:
    """The same of a text that is not rendered in pieces."""
    return _cleaner.clean(_markdown.render(text))


def render_links(text: str) -> str:
    """The HTML of a text that is no Markdown: its addresses are links, and all else stays as it was written."""
    return _cleaner.clean(_plain_text.renderInline(text))


def _prepare_text(text: str) -> str:
    return separate_fences(unwrap_answer(text))


def _render_piece(piece: str) -> str:
    return _render_cached(piece) if len(piece) <= MAX_CACHED_CHARS else render_whole(piece)


@lru_cache(maxsize=CACHED_PIECES)
def _render_cached(piece: str) -> str:
    return render_whole(piece)


class BlockScanner:
    """Finds how many characters of a growing text are whole blocks: all up to the last blank line outside a fence.

    What comes later hardly changes how they look, so while the text streams they are rendered once; the finished
    answer is rendered as a whole. Each line is looked at once.
    """

    def __init__(self) -> None:
        self.finished = 0
        self._position = 0
        self._line: list[str] = []  # the pieces of the line that is not whole yet
        self._fences = FenceReader()

    def add_text(self, text: str) -> int:
        """Take in more text. Returns how many characters are finished now."""
        if "\n" in text:
            *lines, rest = ("".join(self._line) + text).split("\n")
            self._line = []
            for line in lines:
                self._end_line(line)
            text = rest
        self._line.append(text)
        return self.finished

    def _end_line(self, line: str) -> None:
        self._position += len(line) + 1
        self._fences.read_line(line)
        if not line.strip() and not self._fences.is_open:
            self.finished = self._position


def measure_finished_blocks(text: str) -> int:
    """How many characters of a text are whole blocks."""
    return BlockScanner().add_text(text)
