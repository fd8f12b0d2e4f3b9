"""Links of answers: which addresses may be one, addresses that stand bare in a text, and where a link really leads."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

# What people put between the digits of a number, and a number in an address has not.
BETWEEN_DIGITS = re.compile(r"[\s/]")
TELEPHONE = re.compile(r"tel:\+?[\d(][\d().-]*(;ext=\d+)?", re.IGNORECASE)

# Chinese, Japanese, Korean, Thai, Lao, Tibetan, Burmese and Khmer put no space between an address and the words around.
UNSPACED = (
    r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    r"\U00020000-\U0003ffff"
)
LETTER = rf"[^\W{UNSPACED}]"
# Beyond ASCII, which characters are punctuation, symbols, spaces, or cannot be seen.
MARKS = "".join(
    character
    for character in map(chr, range(0x80, 0x10000))
    if (category := unicodedata.category(character))[0] in "PSZ" or category in ("Cc", "Cf")
)
PRIVATE_AND_EMOJI = r"\ud800-\uf8ff\U0001f000-\U0001fbff\U000e0000-\U0010ffff"

# An address goes on up to what none has in any script: marks, symbols such as arrows, and what cannot be seen.
ADDRESS_CHARACTER = rf"(?!\*\*|&(?:lt|gt|quot);)[^\s<>\"`|\\^{{}}{MARKS}{PRIVATE_AND_EMOJI}]"
HOST_AHEAD = r"(?=(?:[^\s/?#@]*@)?(?:[^\W_][\w-]*\.|localhost))"  # what can be none is not read on
ADDRESS = re.compile(rf"https?://{HOST_AHEAD}(?:{ADDRESS_CHARACTER}){{1,2000}}", re.IGNORECASE)
WORD_BEHIND = re.compile(rf"(?<=[A-Za-z0-9*~])[{UNSPACED}]")
CLOSING_BRACKETS = {")": "(", "]": "["}
BRACKET = re.compile(r"[()\[\]]")
TRAILING = "?!.,:;*_~'([&"
# What has no scheme of its own. It is looked for where the text is known to be no other markup.
EMAIL = r"[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9][a-z0-9-]*[a-z0-9]"
WITHOUT_SCHEME = re.compile(
    rf"(?<!{LETTER})(?<![.%+/@-])(?:(?P<email>{EMAIL}(?!{LETTER}))|www\.[\w-]{{1,63}}\.(?:{ADDRESS_CHARACTER}){{1,2000}})",
    re.IGNORECASE,
)


LINKED_WITHOUT_SCHEME = re.compile(rf"(?P<email>{EMAIL})|www\.[\w-]+\.\S+", re.IGNORECASE)


def add_links(markdown: MarkdownIt, unescape: Callable[[str], str] = unescapeAll) -> None:
    """Teach a parser to make links of bare addresses, and to name the host behind the words of each link.

    `unescape` says what a text means by `&amp;` and backslashes.
    """
    markdown.inline.ruler.after("text", "bare_address", partial(parse_bare_address, unescape=unescape))
    markdown.core.ruler.after("inline", "addresses_without_scheme", link_addresses_without_scheme)
    markdown.core.ruler.after("inline", "empty_links", unwrap_empty_links)
    markdown.add_render_rule("link_close", _name_target)


def is_valid_link(url: str) -> bool:
    """Whole addresses only: browsers read `https:host` and `//host` as links too, and would tell no host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "tel":
        return bool(TELEPHONE.fullmatch(url))
    return parts.scheme == "mailto" or (parts.scheme in ("http", "https") and bool(parts.hostname))


def add_scheme(url: str) -> str:
    """The address of a link as it is meant where it stands without `https://` or `mailto:`."""
    found = LINKED_WITHOUT_SCHEME.fullmatch(url)
    return url if found is None else f"{'mailto:' if found['email'] else 'https://'}{url}"


def normalize_telephone(url: str) -> str:
    """An address of a telephone as it is dialled. Any other one stays as it is."""
    scheme, colon, number = url.partition(":")
    if scheme.lower() != "tel":
        return url
    return f"tel{colon}{BETWEEN_DIGITS.sub('', unquote(number))}"


# ---- Addresses that stand bare in a text -------------------------------------------------------------


def parse_bare_address(state: StateInline, silent: bool, unescape: Callable[[str], str]) -> bool:
    """A rule of the parser: `https://` begins an address, in which no mark is emphasis or code."""
    if not state.src.startswith("://", state.pos) or state.linkLevel > 0:
        return False
    pending = state.pending[-len("https+") :]
    scheme = re.search(r"(?:^|[^a-z0-9.+-])(https?)$", pending, re.IGNORECASE)
    if not scheme:
        return False
    found = ADDRESS.match(state.src, state.pos - len(scheme[1]))
    address = trim_address(found[0]) if found else ""
    meant = unescape(address)
    # To encode an address takes long: what is none for its host is not.
    if not _has_whole_host(meant) or not _has_whole_host(href := state.md.normalizeLink(meant)):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = meant
        state.push("link_close", "a", -1)
    state.pos += len(address) - len(scheme[1])
    return True


def trim_address(address: str) -> str:
    """Without what only stands behind it: a bracket it does not open, the stop of a sentence, a word of Chinese."""
    if word := WORD_BEHIND.search(address):
        address = address[: word.start()]
    opened: list[str] = []
    for bracket in BRACKET.finditer(address):
        character = bracket[0]
        if character not in CLOSING_BRACKETS:
            opened.append(character)
        elif not opened or opened.pop() != CLOSING_BRACKETS[character]:
            address = address[: bracket.start()]
            break
    return address.rstrip(TRAILING)


def _has_whole_host(url: str) -> bool:
    if not is_valid_link(url):
        return False
    host = urlsplit(url).hostname or ""
    return host == "localhost" or bool(re.fullmatch(r"[^\W_][\w-]*(\.[\w-]+)+", host))


def link_addresses_without_scheme(state: StateCore) -> None:
    """A rule of the parser: e-mail addresses and `www.` are links too, but within those that are there already."""
    for block in state.tokens:
        if block.type != "inline" or not re.search(r"@|www\.", block.content, re.IGNORECASE):
            continue
        depth = 0
        children: list[Token] = []
        for token in block.children or []:
            depth += token.nesting if token.type in ("link_open", "link_close") else 0
            is_text = token.type == "text" and not depth
            children += _split_text(state.md, token) if is_text else [token]
        block.children = children


def _split_text(markdown: MarkdownIt, token: Token) -> Iterator[Token]:
    text, end = token.content, 0
    for found in WITHOUT_SCHEME.finditer(text):
        address = found["email"] or trim_address(found[0])
        href = markdown.normalizeLink(f"mailto:{address}" if found["email"] else f"https://{address}")
        if not found["email"] and not _has_whole_host(href):
            continue
        yield _make_text(text[end : found.start()], token.level)
        yield Token("link_open", "a", 1, attrs={"href": href}, level=token.level)
        yield _make_text(address, token.level + 1)
        yield Token("link_close", "a", -1, level=token.level)
        end = found.start() + len(address)
    yield _make_text(text[end:], token.level)


def _make_text(text: str, level: int) -> Token:
    return Token("text", "", 0, content=text, level=level)


def unwrap_empty_links(state: StateCore) -> None:
    """A rule of the parser: of `[Track it]()`, which would lead to the page itself, the words are shown."""
    for block in state.tokens:
        children: list[Token] = []
        is_empty = False  # the link that is open; none stands within another
        for token in block.children or []:
            if token.type == "link_open":
                is_empty = not token.attrs.get("href")
            if not (is_empty and token.type in ("link_open", "link_close")):
                children.append(token)
        if block.children:
            block.children = children


# ---- Where a link leads ------------------------------------------------------------------------------


def _name_target(_renderer, tokens, index, _options, _env) -> str:
    """What a link leads to behind its words, so that words cannot pass for another address."""
    start = next(
        i
        for i in range(index, -1, -1)
        if tokens[i].type == "link_open" and tokens[i].level == tokens[index].level
    )
    shown = "".join(token.content for token in tokens[start:index])
    target = get_untold_target(str(tokens[start].attrs.get("href", "")), shown)
    return f"</a> ({escape(target)})" if target else "</a>"


def get_untold_target(address: str, shown: str) -> str:
    """The host, e-mail address or number that a link leads to, if its words do not tell it themselves."""
    scheme, _, rest = address.partition(":")
    if scheme == "tel":
        number = rest.partition(";")[0]
        return "" if get_digits(shown) == get_digits(number) else number
    if scheme == "mailto":
        email = unquote(rest.partition("?")[0])
        return email if "@" in shown and shown.removeprefix("mailto:") != email else ""
    host = urlsplit(address).hostname or ""
    return "" if shown == host or _tells_host(shown, host) else host


def get_digits(text: str) -> str:
    return re.sub(r"[^\d+]", "", text)


def _tells_host(shown: str, host: str) -> bool:
    """Whether words are an address of this host: no name before it, no letters that look like others."""
    try:
        parts = urlsplit(shown if "://" in shown else f"https://{shown}")
    except ValueError:
        return False
    is_hidden = any(unicodedata.category(each) in ("Cf", "Cc") or each.isspace() for each in shown)
    return parts.netloc.isascii() and "@" not in parts.netloc and parts.hostname == host and not is_hidden
