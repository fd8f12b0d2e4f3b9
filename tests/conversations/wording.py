"""Every sentence that a customer may read from us, as it stands in the sources.

    python -m tests.conversations.wording

writes them into words.txt, which holds what somebody has read with the eyes of a customer in trouble. Placeholders
are shown as they are written: {company}, %(limit)s.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PLACE = Path(__file__).with_name("words.txt")

PYTHON = (
    "supportbot/conversations/**/*.py",
    "supportbot/assistant/**/*.py",
    "*/tools.py",
    "tickets/own_tickets.py",
)
TEMPLATES = ("templates/*.html", "templates/chat/*", "templates/registration/*.html", "templates/tickets/*")
# What staff, operators, developers or the model read, and the demo model, whose wording has tests of its own.
OTHERS = re.compile(
    r"admin|apps\.py|checks\.py|staff_group\.py|management/|migrations/|models/|demo/|xai/|system_prompt|conversations/jobs\.py|terminal/|"
    r"turns/(claiming|history)\.py"
)

# Calls and keywords whose words are read, however short they are.
SAID = {
    *("RequestRefused", "ToolError", "render_notice"),
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"),
}
SAID_BY_NAME = {"progress", "STARTERS"}
# Calls and keywords whose words go to a log, a developer or staff, or are patterns.
UNSAID = {
    *("compile", "filterwarnings"),
    *("debug", "info", "warning", "error", "exception", "log_task_failure"),
    *("DeclarationError", "Field", "ModelError", "TypeError", "ValueError"),
}
UNSAID_BY_NAME = {"help_text", "description", "hint"}
SENTENCE = re.compile(r"[A-Z“{]\S* +\S*[a-z].* .*", re.DOTALL)
PLACEHOLDER = re.compile(r"\{.*?\}|%\(\w+\)[sd]")

# The tags that mark a text of a template for translation.
TRANSLATED = re.compile(r"""\{% translate (["'])(.*?)\1.*?%\}""")
TRANSLATED_BLOCK = re.compile(r"\{% blocktranslate\b.*?%\}.*?\{% endblocktranslate %\}", re.DOTALL)

# Attributes of HTML that are read, or read out.
READ = {"alt", "aria-label", "placeholder", "title", "content"}
INLINE = re.compile(r"</?(em|strong)\b[^>]*>|(?<=[\w.,] )<a\b[^>]*>|</a>(?=[.,]| \w)")


def collected() -> str:
    """All of it, by file."""
    parts = []
    for patterns, read in ((PYTHON, of_python), (TEMPLATES, of_template)):
        files = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
        for path in files:
            name = path.relative_to(ROOT).as_posix()
            found = [] if OTHERS.search(name) else list(dict.fromkeys(read(path.read_text())))
            if found:
                parts.append("\n".join([f"## {name}", *found]))
    return "\n\n".join(parts) + "\n"


def of_python(source: str) -> Iterator[str]:
    """Literals that are sentences, and those that are handed to somebody who says them."""
    return _spoken(ast.parse(source), is_said=False)


def _spoken(node: ast.AST, *, is_said: bool) -> Iterator[str]:
    if isinstance(node, ast.Constant | ast.JoinedStr):
        words = _as_written(node)
        if words and (is_said or _is_sentence(words)):
            yield _one_line(words)
        return
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in UNSAID:
            return
        is_said = called in SAID
    if isinstance(node, ast.Assign):
        is_said = ast.unparse(node.targets[0]) in SAID_BY_NAME
    for child in _children(node):
        if isinstance(child, ast.keyword):
            if child.arg not in UNSAID_BY_NAME:
                yield from _spoken(child.value, is_said=child.arg in SAID_BY_NAME)
        else:
            yield from _spoken(child, is_said=is_said)


def _is_sentence(words: str) -> bool:
    return bool(SENTENCE.fullmatch(words)) and bool(re.search(r"[a-z]{3}", PLACEHOLDER.sub("", words)))


def _children(node: ast.AST) -> Iterable[ast.AST]:
    """What is below, without docstrings and the names of placeholders."""
    for child in node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield child


def _as_written(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    values = (
        part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
        for part in node.values
    )
    return "".join(map(str, values))


STRINGS = re.compile(
    r"""//[^\n]*|/\*[\s\S]*?\*/|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`"""
)


def of_script(source: str) -> Iterator[str]:
    """Strings of at least two words, which selectors, events and frames are not. The page gives scripts their texts."""
    for found in STRINGS.finditer(source):
        words = next((group for group in found.groups() if group), "").replace("${", "{")
        if (
            words != "use strict"
            and re.search(r"[A-Za-z}] [a-z]", words)
            and not re.search(r'^\.[a-z]|[\[#<=":]', words)
        ):
            yield _one_line(words)


def unmarked(source: str) -> Iterator[str]:
    """Texts of a template that are not marked for translation."""
    return of_template(TRANSLATED_BLOCK.sub("", TRANSLATED.sub("", source)))


def of_template(source: str) -> Iterator[str]:
    """Texts and the attributes that are read, with whatever a condition could put there."""
    source = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{% block (?:page_class|bodyclass) %\}.*?\{% endblock %\}", "", source)
    source = TRANSLATED.sub(r"\2", source)
    source = re.sub(r"\{% (else|elif|plural)\b.*?%\}", " / ", source)
    source = re.sub(r"\{%.*?%\}", "", source)
    source = re.sub(r"\{\{ *(.*?) *\}\}", lambda found: "{" + found[1].replace('"', "'") + "}", source)
    reader = _Texts()
    reader.feed(INLINE.sub("", _one_line(source)))
    reader.close()
    for text in reader.texts:
        words = _one_line(text)
        if re.search(r"[A-Za-z]{2}", PLACEHOLDER.sub("", words)):
            yield words


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("script", "style")
        if tag != "meta":
            self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self.texts.append(data)


def _one_line(words: str) -> str:
    return " ".join(words.split())


if __name__ == "__main__":
    PLACE.write_text(collected())
