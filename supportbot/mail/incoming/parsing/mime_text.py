"""Text as mails hold it, decoded: its encoding may be named wrongly or not at all."""

import codecs
import re
from contextlib import suppress

# What is called so is nearly always the first of these with more characters, as browsers read it.
SUPERSETS = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
}
ALIASES = {"iso-8859-8-i": "iso-8859-8", "ks_c_5601-1987": "cp949", "x-gbk": "gbk", "utf8mb4": "utf-8"}
# Not text in the sense of mails, or a way to have other bytes read than were checked.
REFUSED = frozenset(
    {"rot13", "hex", "base64", "bz2", "zlib", "uu", "quopri", "unicode_escape", "idna", "punycode"}
)
# Any bytes are text in these, so that a wrong name is not noticed. Text of them is hardly ever valid UTF-8 by chance.
SINGLE_BYTE = re.compile(r"^(?:cp125\d|iso8859-\d{1,2}|iso8859_\d{1,2}|latin_?1|koi8-\w|mac-\w+)$")
# Written in ASCII with escapes, so that it is valid UTF-8 as long as it is ASCII.
ESCAPED = re.compile(r"^(?:iso2022_|hz$)")
BROKEN = "\ufffd"
HTML_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]{2,40})", re.IGNORECASE)
HTML_HEAD_BYTES = 4_000


def find_html_charset(data: bytes) -> str:
    """The name of its encoding that HTML gives itself, empty if it gives none."""
    found = HTML_CHARSET.search(data[:HTML_HEAD_BYTES])
    return found[1].decode("ascii", "replace") if found else ""


def decode_text(data: bytes, charset: str) -> str:
    """The text in the encoding that is named, if it is one and fits; else in UTF-8, else in that of Western Windows.

    One fits too in which most of what is beyond ASCII can be read: a single character of another one is no reason to
    take it for something else.
    """
    codec = _find_codec(charset)
    names = ["utf-8", codec] if SINGLE_BYTE.match(codec) else [codec, "utf-8"]
    if ESCAPED.match(codec) and data.isascii():
        names.remove("utf-8")
    for errors in ("strict", "replace"):
        for name in filter(None, names):
            with suppress(ValueError):
                text = data.decode(name, errors)
                text.encode()  # half of a surrogate pair, as UTF-7 can hold, cannot be stored
                if errors == "strict" or _is_mostly_readable(text):
                    return text
    return data.decode("cp1252", errors="replace")


def _is_mostly_readable(text: str) -> bool:
    return text.count(BROKEN) * 2 <= sum(not each.isascii() for each in text)


def _find_codec(charset: str) -> str:
    name = charset.strip(" '\"").lower()
    name = ALIASES.get(name, SUPERSETS.get(name, name))
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if found.replace("-", "_") in REFUSED else found
