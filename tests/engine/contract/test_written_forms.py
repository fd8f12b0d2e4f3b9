"""Every form in which a tool that reads is called is known for one that writes too: it is run, or it is refused.

It is refused where somebody would have to guess what is meant; then nothing of it is shown but words.
"""

import html
import json
import re

import pytest

from .spoken import hear_answer, read_calls
from .test_marks import TEXT_CALLS

TICKET = {"issue": "Late", "priority": "low"}
REFUSED = (
    "<parameter=order_id>\nORD-123\n</function>",  # a parameter that does not end
    'arguments": {"order_id": "ORD-123"}</tool_call>',  # JSON without its last bracket
    "{'name'",  # as Python writes it
    "Please wait.",  # words behind it
    "I look it up: [",  # within a sentence
)


def write_as_ticket(said: str) -> str:
    """The form with the name of a tool that writes, and one of its arguments: which it needs is not the matter here."""
    return said.replace("lookup_order", "create_ticket")


@pytest.mark.parametrize("said", TEXT_CALLS, ids=range(len(TEXT_CALLS)))
def test_what_writes_is_called_in_every_form_or_known_not_to_be(said: str):
    shown, calls = read_calls(write_as_ticket(said), len(said))

    if any(part in said for part in REFUSED):
        assert calls == []
    else:
        assert calls == [("create_ticket", {"order_id": "ORD-123"})]
        assert all(mark not in shown for mark in ("{", "<", "[", "`"))


@pytest.mark.parametrize(
    "said", [each for each in TEXT_CALLS if re.match(r"(```xml\s)?<(?![|｜]|code)", each)]
)
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_a_call_is_made_also_where_a_server_has_escaped_it_for_a_page(said: str, size: int):
    assert read_calls(html.escape(said, quote=False), size) == read_calls(said, size)
    assert read_calls(html.escape(said), size) == read_calls(said, size)


ESCAPED = {
    "&lt;think&gt;Hm.&lt;/think&gt;Hello!": "Hello!",
    "Hm.\n&lt;/think&gt;\n\nHello!": "Hello!",
    "&lt;reasoning&gt;\nHm.\n&lt;/reasoning&gt;\nHello!": "Hello!",
    "Hello!&lt;|im_end|&gt;": "Hello!",
}
ESCAPED_WORDS = [
    "Models write &lt;tool_call&gt; before it.",
    "&lt;tool_call&gt; is the mark.",
    "&lt;think&gt; opens a thought.",
    "Use &lt;b&gt; in HTML, and &lt;/think&gt; to close it.",
    "```html\n&lt;tool_call&gt;{&quot;a&quot;: 1}&lt;/tool_call&gt;\n```",
    "AT&amp;T &lt; 5 & x &lt;tool_c",
    "&lt;function= begins it, and &lt;invoke name= too.",
]


@pytest.mark.parametrize(("said", "heard"), [*ESCAPED.items(), *((said, said) for said in ESCAPED_WORDS)])
def test_marks_that_a_server_has_escaped_are_left_out_and_words_about_them_stay(said: str, heard: str):
    for size in (1, 4, len(said)):
        assert hear_answer(said, size) == heard, size


LINES = {"issue": "It is late.\n\nAnd broken\tas well.", "priority": "low"}
RAW = json.dumps(LINES).replace("\\n", "\n").replace("\\t", "\t")
FORMS_OF_JSON = (
    '<tool_call>\n{{"name": "create_ticket", "arguments": {}}}\n</tool_call>',
    '{{"name": "create_ticket", "arguments": {}}}',
    "[TOOL_CALLS]create_ticket[ARGS]{}",
    "create_ticket\n{}",
    "<function=create_ticket>{}</function>",
)


@pytest.mark.parametrize("form", FORMS_OF_JSON)
@pytest.mark.parametrize("size", [3, 1_000])
def test_a_line_break_within_a_string_is_a_line_break(form: str, size: int):
    assert read_calls(form.format(RAW), size) == ("", [("create_ticket", LINES)])


ELEMENTS = "<tool_call><name>create_ticket</name><arguments>{}</arguments></tool_call>"
CALL = '{"name": "create_ticket", "arguments": {"issue": "Late", "priority": "low"}}'
REFUSED_FORMS = {
    "a thought beside it": CALL[:-1] + ', "thought": "if they agree"}',
    "a condition beside several": f'{{"tool_uses": [{CALL}], "when": "they agree"}}',
    "an element of another name": f"<example>{CALL}</example>",
    "an element in a sentence": f"Such as <tools>{CALL}</tools>, if you agree.",
    "an element and words": f"<tools>{CALL}</tools> if you agree",
    "as Python writes it": CALL.replace('"', "'"),
    "in code behind words": f"A call looks like this:\n```xml\n<tool_call>\n{CALL}\n</tool_call>\n```",
    "in code before words": f"```xml\n<tool_call>\n{CALL}\n</tool_call>\n```\nThis is what I could send.",
    "its name behind a place": '{"function_name": "functions.create_ticket", "arguments": {}}',
    "elements and words": ELEMENTS.format("<issue>Late</issue> or not"),
    "an element that does not end": ELEMENTS.format("<issue>Late"),
    "attributes and words": '<tool_call name="create_ticket" issue="Late" priority="low"/> if you agree',
    "braces around two": '<tool_call>{{"name": "create_ticket", "arguments": {}}, {"a": 1}}</tool_call>',
    "words behind brackets": '<function(create_ticket){"issue": "Late", "priority": "low"} or so></function>',
    "words behind Qwen's": '✿FUNCTION✿: create_ticket\n✿ARGS✿: {"issue": "Late", "priority": "low"} maybe',
}


@pytest.mark.parametrize("said", REFUSED_FORMS.values(), ids=REFUSED_FORMS)
def test_what_is_not_clear_writes_nothing(said: str):
    assert read_calls(said, 5)[1] == []
