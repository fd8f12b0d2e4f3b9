"""What a page is sent is made out once for each text, however many fragments and audiences it goes into."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from supportbot.conversations.models import Message, Turn
from supportbot.conversations.realtime import language, markdown
from supportbot.conversations.realtime.answer_stream import StreamedText
from supportbot.conversations.realtime.audiences import get_customer_audience
from supportbot.conversations.realtime.change_frames import render_frames
from supportbot.conversations.realtime.fragments import build_delta_frame
from supportbot.conversations.turns import TurnChange
from supportbot.conversations.turns.changes import ChangedTurn
from supportbot.desk.live.fragments import get_staff_audience

QUESTION = "Where is the parcel that you have sent to my neighbour?"
ANSWER = "It is on its **way** to you, and will be there when you are back from work."


@pytest.fixture
def done(monkeypatch) -> Counter[tuple[str, str]]:
    """How often each text was parsed as Markdown, and looked at for its language."""
    counts: Counter[tuple[str, str]] = Counter()

    def count(module: Any, name: str) -> None:
        do = getattr(module, name)

        def counted(text: str, *args: Any) -> Any:
            counts[name, text] += 1
            return do(text, *args)

        monkeypatch.setattr(module, name, counted)

    markdown._render_cached.cache_clear()
    language.find_language.cache_clear()
    count(markdown._markdown, "render")
    count(language, "_detect_by_words")
    return counts


def change(state: str, answer: str, status: str) -> TurnChange:
    """The turn of a question and its answer, with rows of its own as when it was loaded."""
    messages = [
        Message(pk=1, role="customer", text=QUESTION),
        Message(pk=2, role="assistant", text=answer, status=status),
    ]
    for each in messages:
        each.calls = each.images = []
    return TurnChange(1, (ChangedTurn(Turn(pk=1, state=state), messages),), revision=1)


def test_each_text_of_a_turn_is_made_out_once_for_all_its_fragments_and_audiences(done):
    audiences = [get_customer_audience(), get_staff_audience()]

    begun = render_frames(change("running", "", "streaming"), audiences)
    ended = render_frames(change("done", ANSWER, "complete"), audiences)

    assert done == {
        ("render", ANSWER): 1,
        ("_detect_by_words", QUESTION): 1,
        ("_detect_by_words", ANSWER): 1,
    }
    assert all('lang="en">Where is' in html for html in begun[0].html.values())
    assert all('lang="en"><p>It is on its <strong>way' in html for html in ended[0].html.values())


def test_a_page_finds_the_turns_that_it_has_no_place_for_in_what_it_is_sent(settings):
    """Its script looks for how a turn begins, to the letter."""
    source = Path(settings.BASE_DIR, "static/chat/incoming.js").read_text()
    beginning = re.compile(re.findall(r"matchAll\(/(<section class=.*?)/g\)", source)[0])

    frames = render_frames(
        change("done", ANSWER, "complete"), [get_customer_audience(), get_staff_audience()]
    )

    assert [beginning.findall(html) for html in frames[0].html.values()] == [["1"], ["1"]]


def test_ids_are_written_as_they_are_where_numbers_have_separators(settings):
    settings.USE_THOUSAND_SEPARATOR = True
    messages = [Message(pk=7654321, role="assistant", text="x" * 1234, status="streaming")]
    messages[0].calls = []
    turn = ChangedTurn(Turn(pk=1234567, state="running", revision=98765), messages)

    frames = render_frames(
        TurnChange(1, (turn,), revision=98765), [get_customer_audience(), get_staff_audience()]
    )

    for html in frames[0].html.values():
        for attribute in (
            'data-turn="1234567"',
            'data-revision="98765"',
            'id="tail-7654321"',
            'data-end="1234"',
        ):
            assert attribute in html


def test_a_block_that_was_shown_as_it_streamed_is_not_rendered_again_with_the_whole_answer(done):
    blocks = ["It left on Monday:\n\n", "- by **air**\n- to you\n\n", "It takes long.\n\n"]
    text = StreamedText(2)
    for block in blocks:
        text.append(block)
    text.append("Is that all?")

    ended = render_frames(change("done", text.text, "complete"), [get_customer_audience()])

    assert {key[1]: count for key, count in done.items() if key[0] == "render"} == dict.fromkeys(
        [*blocks, "Is that all?"], 1
    )
    assert (
        "<li>by <strong>air</strong></li>\n<li>to you</li>\n</ul>\n<p>It takes long.</p>"
        in ended[0].html["customer:en"]
    )


@pytest.mark.parametrize("text", ["word", "", 'a "b" \\ {c}\n\t', "é 你 \U0001f600 \u2028 \x00 </script>"])
def test_text_in_mid_stream_is_whole_as_json(text):
    assert json.loads(build_delta_frame(7, 30, text)) == {
        "delta": {"message": "7", "offset": 30, "text": text}
    }
