"""Where answers are read otherwise than the standard of Markdown has it, because models write so.

Below words a line of dashes is a rule and no heading. A table may be indented less or more than what it stands below.
Addresses may hold spaces. Pictures, which are not loaded, are their words, also within a link. Of sources such as
`[1][2]` each is a link, and a footnote such as `[^1]` is one or the number of its words. Tasks have boxes. An answer
that stands in a fence as a whole is no code.
"""

import re
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference, unescapeAll
from markdown_it.helpers import parseLinkDestination, parseLinkLabel, parseLinkTitle
from markdown_it.rules_block import StateBlock, lheading, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

# Within brackets spaces are nothing unusual. Quotation marks would begin a title.
SPACED_ADDRESS = re.compile(
    r"""(?:https?|mailto|tel):(?:[^\s()<>"']|\([^()<>\n]{0,200}\)|[ \t\xa0\u202f](?![ \t"'(])|[ ](?=\(\d)){1,2000}"""
    r"(?=[ \t]{0,9}\))",
    re.IGNORECASE,
)
PICTURE = re.compile(
    r"!\[(?P<words>(?:[^\[\]\\\n]|\\.){0,300})\]"
    r"""\([ \t]{0,9}<?(?P<address>[^\s()<>]*+)>?(?:[ \t]{1,9}(?:"[^"\n]{0,300}"|'[^'\n]{0,300}'))?[ \t]{0,9}\)"""
)
SOURCE = re.compile(r"\[(?P<label>\d{1,3})\](?=\[\d{1,3}\])|\[(?P<note>\^[\w-]{1,20})\]")
TASK = re.compile(r"\[([ xX])\](?=\s)")
TASK_BOXES = {" ": "☐", "x": "☑", "X": "☑"}
ALERT = re.compile(r"\[!(?:note|tip|important|warning|caution)\][ \t]*(?:\n|$)", re.IGNORECASE)
CODE_INDENT = 4
FENCE_AROUND = re.compile(r"(?P<marks>`{3,}|~{3,})(?:markdown|md)[ \t]*\n", re.IGNORECASE)
FENCE_WITHIN = re.compile(r"^ {0,3}(?:`{3,}|~{3,})(.*)$", re.MULTILINE)


def add_deviations(markdown: MarkdownIt) -> None:
    """Teach a Markdown parser to read what models mean."""
    markdown.block.ruler.at("table", parse_table, {"alt": ["paragraph", "reference"]})
    markdown.block.ruler.at("lheading", parse_underlined_heading, {"alt": []})
    markdown.inline.ruler.before("link", "source", parse_source)
    markdown.inline.ruler.before("link", "picture", parse_picture)
    markdown.core.ruler.before("inline", "first_marks", read_first_marks)
    parser: Any = markdown
    parser.helpers = SimpleNamespace(
        parseLinkDestination=parse_link_destination,
        parseLinkLabel=parseLinkLabel,
        parseLinkTitle=parseLinkTitle,
    )


def unwrap_answer(text: str) -> str:
    """The text without the fence around all of it, if it says itself that it is no code."""
    whole = text.strip()
    opening = FENCE_AROUND.match(whole)
    if opening is None:
        return text
    words, _line_break, last_line = whole[opening.end() :].rpartition("\n")
    if last_line.strip() != opening["marks"]:
        return text
    is_within = False
    for fence in FENCE_WITHIN.finditer(words):
        if not is_within and not fence[1].strip():
            return text  # there it has ended, and more followed
        is_within = not is_within
    return words


def parse_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule of the parser: a table in an item of a list, however deep.

    By the standard a shallow one is a part of the words above it, which here it ends, and a deep one is code.
    """
    is_table = _parse_table_at_any_depth(state, start, end, silent)
    if silent and not is_table:
        _unindent_table_below(state, start, end)
    return is_table


def _parse_table_at_any_depth(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    required = state.blkIndent
    indent = min(state.sCount[start : start + 2])
    if (silent and 0 <= indent < required) or indent >= required + CODE_INDENT:
        state.blkIndent = indent
    try:
        return table(state, start, end, silent)
    finally:
        state.blkIndent = required


def _unindent_table_below(state: StateBlock, start: int, end: int) -> None:
    """Words go on in what is indented deep below them. A table does not belong to them."""
    line, indent = start + 1, state.blkIndent + CODE_INDENT
    if (
        line + 1 >= end
        or state.sCount[line] < indent
        or not _parse_table_at_any_depth(state, line, end, True)
    ):
        return
    while line < end and state.sCount[line] >= indent and not state.isEmpty(line):
        state.sCount[line] = state.blkIndent
        line += 1


def parse_underlined_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A rule of the parser: words above a line of equals signs. Who writes dashes there means a rule below them."""
    _unindent_table_below(state, start, end)
    count, line, parent = len(state.tokens), state.line, state.parentType
    if lheading(state, start, end, silent) and state.tokens[-1].markup == "=":
        return True
    del state.tokens[count:]
    state.line, state.parentType = line, parent
    return False


def parse_link_destination(text: str, start: int, end: int) -> Any:
    """A step of the parser: what stands in the brackets of a link, which may hold spaces if it says what it is."""
    found = SPACED_ADDRESS.match(text, start, end)
    if found is None or not re.search(r"\s", found[0]):
        return parseLinkDestination(text, start, end)
    return SimpleNamespace(ok=True, pos=found.end(), str=unescapeAll(found[0]))


def parse_picture(state: StateInline, silent: bool) -> bool:
    """A rule of the parser: the words of a picture lead to it, unless they are those of a link or it has no address."""
    found = PICTURE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    state.pos = found.end()
    if silent:
        return True
    href = state.md.normalizeLink(unescapeAll(found["address"]))
    leads_to_it = state.linkLevel == 0 and state.md.validateLink(href)
    words = unescapeAll(found["words"]).strip() or (found["address"] if leads_to_it else "")
    if leads_to_it:
        state.push("link_open", "a", 1).attrs = {"href": href}
    state.push("text", "", 0).content = words
    if leads_to_it:
        state.push("link_close", "a", -1)
    return True


def parse_source(state: StateInline, silent: bool) -> bool:
    """A rule of the parser: the standard takes `[1][2]` for a link to 2 whose words are 1, and knows no footnotes."""
    found = SOURCE.match(state.src, state.pos, state.posMax)
    label = found and (found["label"] or found["note"])
    source = label and state.env.get("references", {}).get(normalizeReference(label))
    # The number of a footnote may stand within the words of a link.
    if not found or not (source or (found["note"] and not silent)) or (source and state.linkLevel > 0):
        return False
    state.pos = found.end()
    if silent:
        return True
    if source:
        state.push("link_open", "a", 1).attrs = {"href": source["href"]}
    state.push("text", "", 0).content = found["label"] or f"[{found['note'][1:]}]"
    if source:
        state.push("link_close", "a", -1)
    return True


def read_first_marks(state: StateCore) -> None:
    """A rule of the parser: boxes of tasks are characters, and what only colours a quotation elsewhere is left out."""
    for (container, paragraph), (words, end) in zip(
        pairwise(state.tokens), pairwise(state.tokens[2:]), strict=False
    ):
        if container.type == "list_item_open" and (task := TASK.match(words.content)):
            words.content = TASK_BOXES[task[1]] + words.content[task.end() :]
        elif container.type == "blockquote_open" and (alert := ALERT.match(words.content)):
            words.content = words.content[alert.end() :]
            paragraph.hidden = end.hidden = not words.content
