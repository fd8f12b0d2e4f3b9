"""Whatever a model, a tool, a customer or a provider writes is text: it never becomes markup of its own."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from supportbot.conversations.models import Conversation, Message, ToolCall, Turn
from supportbot.conversations.realtime import fragments
from supportbot.conversations.realtime.answer_stream import StreamedText
from supportbot.conversations.realtime.markdown import render_markdown

from .markup import Element, parse
from .page import Browser
from .payloads import PAYLOADS, find_words, skeleton, unsafe


def in_every_place(user: User, texts: list[str]) -> Conversation:
    """A conversation with a turn for each text, in which the text stands wherever somebody else's text can stand."""
    conversation = Conversation.objects.create(user=user, title=texts[0][:80], last_seq=1)
    for number, text in enumerate(texts):
        turn = Turn.objects.create(conversation=conversation, state="failed", error=text[:40], usage=[{}])
        said = [("customer", "complete"), ("assistant", "complete"), ("assistant", "partial")]
        messages = [
            Message(
                conversation=conversation,
                turn=turn,
                seq=3 * number + place,
                role=role,
                status=status,
                text=text,
            )
            for place, (role, status) in enumerate(said)
        ]
        Message.objects.bulk_create(messages)
        call = ToolCall(message=messages[1], position=0, call_id=text[:200], name=text[:200], state="done")
        call.arguments, call.result, call.progress = text, text, text[:300]
        call.save()
    return conversation


@pytest.fixture
def everywhere(db: None) -> Conversation:
    name = '<img src=x onerror=alert(1)> "><script>alert(1)</script>{{ x }}'
    mallory = User.objects.create(
        username="mallory", first_name=name, last_name=name, email=f'"{name}"@x.example'
    )
    return in_every_place(mallory, PAYLOADS)


@pytest.fixture
def harmless(db: None) -> Conversation:
    """The same with harmless text: what the page's own markup is."""
    plain = User.objects.create(
        username="plain", first_name="Plain", last_name="Name", email="plain@x.example"
    )
    return in_every_place(plain, ["words"] * len(PAYLOADS))


@pytest.fixture(autouse=True)
def _long_pages(settings):
    settings.PAGE_TURNS = 1000


def page_of(client: Client, path: str) -> Element:
    response = client.get(path)
    assert response.status_code == 200
    return parse(response.content.decode())


def assert_same(page: Element, plain: Element, texts: str) -> None:
    """The page has its own markup and no other, and in its texts only what Markdown may make."""
    assert skeleton(page, texts) == skeleton(plain, texts)
    assert [wrong for text in page.classed(texts) for wrong in unsafe(find_words(text))] == []
    assert len(page.classed(texts)) >= 3 * len(PAYLOADS)


def test_foreign_text_brings_no_markup_in_the_customers_page(everywhere, harmless):
    pages = [page_of(Browser(each.user).client, each.get_absolute_url()) for each in (everywhere, harmless)]

    assert_same(*pages, "text")


def test_foreign_text_brings_no_markup_in_the_frames_that_a_page_gets(everywhere, harmless):
    frames = [
        "".join(fragments.render_turn(turn, turn.messages.all()) for turn in each.recent_turns(1000))
        for each in (everywhere, harmless)
    ]

    assert_same(*map(parse, frames), "text")


def test_foreign_text_brings_no_markup_in_the_transcript_that_staff_read(everywhere, harmless, agent):
    desk = Browser(agent).client
    paths = [
        reverse("admin:conversations_conversation_change", args=[each.pk]) for each in (everywhere, harmless)
    ]

    assert_same(*(page_of(desk, path) for path in paths), "text")


def test_foreign_text_brings_no_markup_in_the_lists_of_conversations(everywhere, harmless, agent):
    mine = [page_of(Browser(each.user).client, "/conversations/") for each in (everywhere, harmless)]

    assert skeleton(mine[0], "none") == skeleton(mine[1], "none")


def test_a_customers_words_are_shown_as_they_were_written(everywhere):
    page = page_of(Browser(everywhere.user).client, everywhere.get_absolute_url())

    shown = [article.classed("text")[0].text for article in page.one(id="log").all(data_role="customer")]
    assert shown == PAYLOADS


@pytest.mark.parametrize("text", PAYLOADS)
def test_foreign_text_brings_no_markup_in_the_frames_of_an_answer_that_streams(text):
    half = len(text) // 2
    stream = StreamedText(1)

    for frame in [
        stream.append(text[:half]),
        stream.append(f"{text[half:]}\n\n{text}"),
        stream.build_snapshot_frame(),
    ]:
        if not frame.startswith("{"):
            parts = [part for part in parse(frame).children if isinstance(part, Element)]
            assert [(part.tag, part["id"]) for part in parts] == [("div", "blocks-1"), ("p", "tail-1")]
            assert [wrong for part in parts for wrong in unsafe(part)] == []


@pytest.mark.parametrize("text", PAYLOADS)
def test_foreign_text_brings_no_markup_in_a_notice(text):
    notice = parse(fragments.render_notice(text, text))

    assert [(each.tag, sorted(each.attributes)) for each in notice] == [
        ("div", ["class", "data-refused", "hx-swap-oob", "id", "role"])
    ]


def test_nothing_of_it_is_loaded_or_run():
    for text in PAYLOADS:
        assert unsafe(parse(render_markdown(text))) == [], text


async def test_from_the_model_through_tools_to_the_page(page, model):
    for text in PAYLOADS[:6]:
        model.call("lookup_order", order_id=text)
        model.say(text)
        turn = await page.ask(text)

        assert [wrong for part in turn.classed("text") for wrong in unsafe(find_words(part))] == []
        assert turn.one("li").text == f"Looked up order {text[:60]}"
        assert not turn.one("li").children[1:]
