"""Calls whose name and arguments stand behind labels: `Tool: lookup_order` and in the next line `Arguments: {…}`.

So do agents write them (`Action:` and `Action Input:`, LangChain's ReAct), and small models whose prompt lists tools in
prose. A label may be bold, an item of a list or a heading, and all of it may stand in one line.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ..calls.arguments import FENCE_BEGINS
from ..json_text import load_json_at

NAME_LABELS = (
    *("action", "next action", "tool", "tool name", "tool call", "tool to use", "tool used", "selected tool"),
    *("using tool", "use tool", "call tool", "calling tool", "tool invocation", "name", "call"),
    *("function", "function name", "function call", "function to call", "calling function"),
)
INPUTS = ("input", "inputs", "argument", "arguments", "args", "parameter", "parameters", "params")
INPUT_LABELS = tuple(
    f"{of}{what}" for of in ("", "action ", "tool ", "function ", "with ") for what in INPUTS
)
AGENTS_LABELS = ("action input:", "observation:")  # behind an action, also one of a tool that there is not
BEHIND_NAMES = (*(f"{label}:" for label in INPUT_LABELS), *AGENTS_LABELS)
LEAD_IN_LINE = r"(?:^|(?<=\s))[*_]{0,3}"  # behind a thought
LEAD = r"[ \t]{0,20}+(?:(?:[-*•]|#{1,6}|\d{1,2}[.)])[ \t]{1,3})?[*_]{0,3}"
COLON = r"[*_]{0,3}[ \t]{0,3}[:：][*_]{0,3}"
WITHOUT_MARKS = str.maketrans({"*": "", "_": " ", "：": ":"})
MAX_BEGINNING_CHARS = 60  # of which a label is looked for
THOUGHT_LABELS = ("thought", "plan")


def _join_labels(labels: tuple[str, ...]) -> str:
    return "|".join(label.replace(" ", "[ _]?") for label in sorted(labels, key=len, reverse=True))


def _list_beginnings(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(label[:end] for label in labels for end in range(len(label) + 1))


BEGINNINGS = _list_beginnings(f"{label}:" for label in (*NAME_LABELS, *THOUGHT_LABELS))
BEGINNINGS_BEHIND = {labels: _list_beginnings(labels) for labels in (BEHIND_NAMES, AGENTS_LABELS)}
NAME_LABEL = rf"(?P<label>{_join_labels(NAME_LABELS)}){COLON}"
NAME = r"\s{0,20}[`'\"*]{0,3}(?P<name>[\w.-]{1,64}+)[`'\"*]{0,3}(?:\(\))?"
ARGUMENTS = (
    rf"(?:(?:[ \t]{{0,20}}+[,;|])?+\s{{1,20}}+{LEAD}(?P<input>{_join_labels(INPUT_LABELS)}){COLON}"
    r"|(?=\s{0,20}+(?:```\w{0,10}\s{0,5}+)?\{)|(?=\())"
)
CALL = re.compile(rf"(?:^|\n){LEAD}{NAME_LABEL}{NAME}{ARGUMENTS}", re.IGNORECASE)
CALL_IN_LINE = re.compile(rf"{LEAD_IN_LINE}{NAME_LABEL}{NAME}{ARGUMENTS}", re.IGNORECASE)
# It may go on.
LEAD_BEGUN = re.compile(LEAD.replace("[ \\t]{1,3}", "(?:[ \\t]{1,3}|$)").replace("[.)]", "(?:[.)]|$)"))
CALL_BEGUN = re.compile(rf"{NAME_LABEL}\s{{0,20}}[`'\"*]{{0,3}}(?P<name>[\w.-]*)", re.IGNORECASE)
# A label before a call that has its own form.
BEFORE_FORM = r"\s{0,20}(?=```|[\[{])"
LABEL = re.compile(rf"{LEAD}{NAME_LABEL}{BEFORE_FORM}", re.IGNORECASE)
LABEL_IN_LINE = re.compile(rf"{LEAD_IN_LINE}{NAME_LABEL}{BEFORE_FORM}", re.IGNORECASE)
DECORATION = re.compile(r"[*`'\"]+")
BEFORE_LABEL = re.compile(r"[\s,;|#•_-]*(?:\(\))?[\s,;|#•_-]*")
# What an agent writes after its call: the result is made up, and so is what stands on it.
OBSERVATION = re.compile(
    r"(?:^|\n)\s{0,20}\*{0,3}(?:observation|thought|final answer)\*{0,3}:"
    r"|(?<=[ \t])(?-i:Observation|Thought|Final Answer):",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LabelledCall:
    """A call as it is written. Its arguments begin `rest`, which goes on to the end of the text."""

    start: int
    name: str
    rest: str
    is_action: bool  # in the words of ReAct, so that it is meant


def may_be_label(text: str) -> bool:
    """Whether a text, of which more comes, may be the beginning of the label of a name or of a thought."""
    words = _drop_lead(text)[:MAX_BEGINNING_CHARS].lower().translate(WITHOUT_MARKS).replace(" :", ":")
    return text != "" and words in BEGINNINGS


def may_be_labelled_call(text: str, tool_names: Collection[str]) -> bool:
    """Whether a text, of which more comes, begins with a call of one of these, or with an agent's of any."""
    label = _drop_lead(text)
    begun = CALL_BEGUN.match(label)
    if begun is None:
        return False
    name, behind = begun["name"], label[begun.end() :]
    if not behind:
        return begun["label"].lower() == "action" or any(each.startswith(name) for each in tool_names)
    is_tool = name in tool_names
    if is_tool and (behind[0] == "(" or behind.lstrip()[:1] in ("{", "`")):
        return True
    words = BEFORE_LABEL.sub("", DECORATION.sub("", behind[:MAX_BEGINNING_CHARS]).lower(), count=1)
    words = re.sub(r"\s?[:：]", ":", words.replace("_", " "))
    labels = BEHIND_NAMES if is_tool else AGENTS_LABELS
    return words.startswith(labels) or words.rstrip(" ") in BEGINNINGS_BEHIND[labels]


def _drop_lead(text: str) -> str:
    lead = LEAD_BEGUN.match(text)
    return text[lead.end() :] if lead else text


def find_labelled_call(text: str, *, is_thought: bool) -> LabelledCall | None:
    """The first call of a text. Behind a thought it may stand within a line."""
    found = (CALL_IN_LINE if is_thought else CALL).search(text)
    if found is None:
        return None
    is_action = found["label"].lower() == "action" and found["input"] is not None
    return LabelledCall(found.start(), found["name"], text[found.end() :], is_action)


def find_label(text: str) -> int | None:
    """Where the label of the first call behind a thought begins, whatever the form of the call."""
    found = (CALL_IN_LINE.search(text), LABEL_IN_LINE.search(text))
    return min((label.start() for label in found if label), default=None)


def iter_labelled_names(text: str) -> Iterator[str]:
    """The names behind labels, be they calls or not."""
    return (begun["name"] for begun in CALL_BEGUN.finditer(text))


def skip_label(text: str, *, is_thought: bool = False) -> str:
    """What stands behind a label, if that is a fence, a list or JSON; behind a thought also what precedes it."""
    label = LABEL_IN_LINE.search(text) if is_thought else LABEL.match(text)
    return text[label.end() :] if label else text


def open_fence(text: str) -> str:
    """A text in a fence without the mark that opens it, if a labelled call is all that it begins with."""
    fence = FENCE_BEGINS.match(text.lstrip())
    inner = text.lstrip()[fence.end() :] if fence else ""
    return inner if CALL.match(inner) else text


def split_arguments(rest: str) -> tuple[str, str]:
    """The arguments with which a text begins, and what stands behind them."""
    text = rest.strip()
    text = text.strip("`") if text.startswith("`{") else text
    fence = FENCE_BEGINS.match(text)
    inner = text[fence.end() :] if fence else text
    if inner.startswith("{") and (found := load_json_at(inner)):
        return inner[: found[1]], inner[found[1] :].lstrip("` \t\n*")
    observed = OBSERVATION.search(text)
    arguments, behind = (text[: observed.start()], text[observed.start() :]) if observed else (text, "")
    if arguments.startswith("("):
        line, _newline, more = arguments.partition("\n")
        return line.strip("` \t").removeprefix("(").removesuffix(")"), (more + behind).strip()
    return arguments.strip("` \t\n"), behind.strip()
