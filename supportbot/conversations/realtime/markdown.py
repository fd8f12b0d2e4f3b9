"""Markdown of answers as HTML that may stand in a page: rendered as a whole, then cut down to what is allowed.

The text is a model's and so nobody's: raw HTML is shown as text, images are not loaded, links name their
host, and the sanitiser at the end keeps only a short list of tags whatever the renderer made of it.
"""

import re
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

ALLOWED_TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "hr", "ul", "ol", "li", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ALLOWED_ATTRIBUTES = {"*": set(), "a": {"href"}, "ol": {"start"}}
FENCE = re.compile(r"( *)(`{3,}(?=[^`]*$)|~{3,})(.*)")


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Whole addresses only: browsers read `https:host` and `//host` as links too, and would tell no host."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme == "mailto" or (parts.scheme in ("http", "https") and bool(parts.hostname))


_markdown = (
    _Markdown("commonmark", {"html": False, "breaks": True})
    .enable(["table", "strikethrough"])
    .disable("image")
)


def _name_host(self, tokens, index, options, env) -> str:
    """A link's host behind its words, so that words cannot pass for another address."""
    start = next(
        i
        for i in range(index, -1, -1)
        if tokens[i].type == "link_open" and tokens[i].level == tokens[index].level
    )
    address = str(tokens[start].attrs.get("href", ""))
    host = urlsplit(address).hostname or ""
    shown = "".join(token.content for token in tokens[start:index])
    return "</a>" if not host or shown in (host, address) else f"</a> ({nh3.clean_text(host)})"


_markdown.add_render_rule("link_close", _name_host)


def render_markdown(text: str) -> str:
    """The HTML of a text, of allowed tags alone. It may stand in a page as it is."""
    return nh3.clean(
        _markdown.render(text),
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def measure_finished_blocks(text: str) -> int:
    """How many characters of a growing text are whole blocks: all up to the last blank line outside a fence.

    What comes later hardly changes how they look, so while the text streams they are rendered once; the
    finished answer is rendered as a whole.
    """
    finished = position = 0
    indent, marks = "", ""
    for line in text.split("\n")[:-1]:
        position += len(line) + 1
        if found := FENCE.match(line):
            if not marks:
                indent, marks = found[1], found[2]
            elif found[2].startswith(marks) and len(found[1]) < len(indent) + 4 and not found[3].strip():
                marks = ""
        elif not marks and not line.strip():
            finished = position
    return finished
