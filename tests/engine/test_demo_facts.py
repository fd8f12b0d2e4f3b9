"""What the demo model fills into a form: what the conversation says, and nothing that it does not."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from supportbot.assistant.messages import Image, Message, ResponseModel
from supportbot.conversations.turns.history import render_transcript
from supportbot.demo.backend import DemoBackend

from .demo_shop import Chat

COMPLAINT = (
    "Hi, I ordered something but it hasn't arrived.",
    "The order number is ORD-123",
    "Actually, I'd like to file a complaint about the delay.",
)


class Triage(BaseModel):
    category: Literal["payment", "delivery", "product", "other"]
    priority: Literal["low", "medium", "high", "urgent"]
    sentiment: Literal["positive", "neutral", "negative"]
    language: str = Field(description="ISO 639-1 code")
    subject: str = Field(max_length=60)
    summary: str


class Note(BaseModel):
    wants: str
    tried: list[str]
    still_open: list[str]


async def fill_form(form: type[ResponseModel], *said: str, instruction: str = "Fill it in.") -> ResponseModel:
    """What the demo model fills in about a conversation in which the customer said this and nothing else."""
    told = render_transcript([Message("user", text) for text in said])
    backend = DemoBackend(words_per_second=0)
    return (await backend.parse(instruction, [Message("user", told)], form)).value


async def play_conversation(*said: str) -> list[Message]:
    """Alice's whole conversation with the demo model about this, as it is put to a model that is asked about it."""
    chat = Chat()
    for text in said:
        await chat.say(text)
    return [Message("user", render_transcript(chat.messages))]


async def test_it_sorts_a_complaint() -> None:
    parsed = await DemoBackend(words_per_second=0).parse("", await play_conversation(*COMPLAINT), Triage)

    assert parsed.value.model_dump(exclude={"summary"}) == {
        "category": "delivery",
        "priority": "medium",
        "sentiment": "negative",
        "language": "en",
        "subject": "Delay of order ORD-123",
    }
    assert parsed.model == "demo"
    assert parsed.usage["total_tokens"] > 0


async def test_it_sums_up_with_the_words_and_the_results_that_there_were() -> None:
    parsed = await DemoBackend(words_per_second=0).parse("", await play_conversation(*COMPLAINT), Triage)

    assert parsed.value.summary == (
        "The customer wrote: “Hi, I ordered something but it hasn't arrived.” The assistant asked which order "
        "it is. The customer wrote: “The order number is ORD-123” Order ORD-123 was looked up: shipped, 2 days. "
        "The customer wrote: “Actually, I'd like to file a complaint about the delay.” Ticket TKT-48291037 was "
        "opened with medium priority."
    )


async def test_it_writes_a_note_for_the_colleague_who_takes_over() -> None:
    note = (await DemoBackend(words_per_second=0).parse("", await play_conversation(*COMPLAINT), Note)).value

    assert note.wants == (
        "The customer reports the delay of order ORD-123. They want to complain. "
        f"In their words: “{COMPLAINT[-1]}”"
    )
    assert note.tried == [
        "Order ORD-123 was looked up: shipped, 2 days.",
        "Ticket TKT-48291037 was opened with medium priority.",
    ]
    assert note.still_open == ["Ticket TKT-48291037 is waiting for the team."]


async def test_a_note_quotes_what_is_said_about_the_matter() -> None:
    said = ["My headphones arrived damaged", "I'd like to talk to a person."]
    messages = [each for text in said for each in (Message("user", text), Message("assistant", "I see."))]

    note = (await DemoBackend(words_per_second=0).parse("", messages, Note)).value

    assert note.wants.endswith(
        "They want to talk to a person. In their words: “My headphones arrived damaged”"
    )


async def test_a_note_tells_what_nobody_has_answered() -> None:
    note = (
        await DemoBackend(words_per_second=0).parse(
            "", await play_conversation("my parcel has not arrived"), Note
        )
    ).value

    assert note.tried == ["Nothing has been looked up or done yet."]
    assert "The customer has not said which order it is yet." in note.still_open


@pytest.mark.parametrize("arrow", [False, True])
async def test_it_reads_a_call_and_its_result_in_two_lines_or_in_one(arrow: bool) -> None:
    call, result = 'lookup_order {"order_id": "ORD-9"}', '{"error": "Order ORD-9 not found"}'
    lines = f"Tool {call} -> {result}" if arrow else f"Tool called: {call}\nTool result: {result}"
    transcript = Message("user", f"Customer: where is ORD-9?\n{lines}\nAssistant: I can't find it.")

    note = (await DemoBackend(words_per_second=0).parse("", [transcript], Note)).value

    assert note.tried == ["Order ORD-9 was looked up, without success: Order ORD-9 not found."]


async def test_it_also_fills_in_a_form_about_plain_messages() -> None:
    messages = [Message("user", "I was charged twice for ORD-123"), Message("assistant", "Oh no.")]

    triage = (await DemoBackend(words_per_second=0).parse("", messages, Triage)).value

    assert (triage.category, triage.priority) == ("payment", "high")
    assert triage.subject == "Wrong charge for order ORD-123"


@pytest.mark.parametrize(
    "said",
    [
        ["My headphones arrived damaged", "ORD-123", "where is ORD-456?"],
        ["where is ORD-123?", "It arrived damaged", "and where is ORD-456?"],
    ],
)
async def test_a_matter_keeps_its_order_when_another_one_is_asked_about_later(said: list[str]) -> None:
    messages = [each for text in said for each in (Message("user", text), Message("assistant", "I see."))]

    triage = (await DemoBackend(words_per_second=0).parse("", messages, Triage)).value

    assert triage.subject == "Damaged or faulty item in order ORD-123"


@pytest.mark.parametrize(
    ("said", "category", "priority", "sentiment"),
    [
        ("my mug arrived broken", "product", "high", "neutral"),
        ("I want my money back, this is ridiculous", "payment", "high", "negative"),
        ("where is ORD-123?", "delivery", "medium", "neutral"),
        ("where is ORD-123? it is urgent", "delivery", "urgent", "neutral"),
        ("do you have vouchers?", "payment", "low", "neutral"),
        ("thank you, that was great", "other", "medium", "positive"),
        ("", "other", "medium", "neutral"),
    ],
)
async def test_it_sorts_by_what_was_said(said: str, category: str, priority: str, sentiment: str) -> None:
    triage = await fill_form(Triage, said)

    assert (triage.category, triage.priority, triage.sentiment) == (category, priority, sentiment)


@pytest.mark.parametrize(
    ("said", "code", "name"),
    [
        ("Where is my order?", "en", "English"),
        ("Wo ist meine Bestellung? Sie ist noch nicht da.", "de", "German"),
        ("Bonjour, où est ma commande ?", "fr", "French"),
        ("Hola, ¿dónde está mi pedido?", "es", "Spanish"),
        ("Ciao, il mio ordine non è arrivato", "it", "Italian"),
        ("Waar is mijn bestelling?", "nl", "Dutch"),
        ("Olá, onde está o meu pedido?", "pt", "Portuguese"),
        ("Dzień dobry, gdzie jest moje zamówienie?", "pl", "Polish"),
        ("Hej, var är min beställning?", "sv", "Swedish"),
        ("Привет, где мой заказ?", "ru", "Russian"),
        ("我的订单在哪里？", "zh", "Chinese"),
        ("注文はどこですか", "ja", "Japanese"),
        ("The label says Привет, where is my order?", "en", "English"),
        ("ORD-123", "en", "English"),
    ],
)
async def test_it_tells_the_language(said: str, code: str, name: str) -> None:
    form = create_model("Form", language=(str, ...), lang=(Literal["zh", "ja", "en", code], ...))  # type: ignore[valid-type]

    filled: Any = await fill_form(form, said)

    assert (filled.language, filled.lang) == (name, code)


async def test_it_keeps_what_an_earlier_summary_said() -> None:
    summary = create_model("Summary", summary=(str, ...))
    told = render_transcript([Message("user", "any news?")], summary="Alice waits for ORD-123.")

    parsed: Any = await DemoBackend(words_per_second=0).parse("", [Message("user", told)], summary)

    assert parsed.value.summary == "Alice waits for ORD-123. The customer wrote: “any news?”"


async def test_a_summary_of_summaries_does_not_grow_for_ever() -> None:
    summary = create_model("Summary", summary=(str, ...))
    backend, sizes, text = DemoBackend(words_per_second=0), [], ""
    for day in range(30):
        said = [Message("user", f"Day {day}: still no news of ORD-{100 + day}, and I want to know why.")]
        parsed: Any = await backend.parse("", [Message("user", render_transcript(said * 3, text))], summary)
        text = parsed.value.summary
        sizes.append(len(text))

    assert max(sizes) < 2500
    assert "Day 0:" in text
    assert "Day 29:" in text


async def test_it_counts_the_photos_of_a_transcript() -> None:
    summary = create_model("Summary", summary=(str, ...))
    photo = Image("data:image/png;base64,AAAA")
    told = render_transcript([Message("user", "My mug is broken", images=(photo, photo))])

    parsed: Any = await DemoBackend(words_per_second=0).parse("", [Message("user", told)], summary)

    assert parsed.value.summary == "The customer wrote: “My mug is broken” The customer sent 2 photos."


async def test_it_takes_names_and_numbers_from_the_conversation_alone() -> None:
    form = create_model(
        "Form",
        order_number=(str | None, ...),
        orders=(list[str], ...),
        email=(str | None, ...),
        ticket_id=(str | None, ...),
        weight_in_kilos=(float | None, ...),
        colour=(str | None, ...),
        nested=(create_model("Inner", subject=(str, ...)), ...),
    )

    filled: Any = await fill_form(form, "ORD-123 and ORD-456 came broken, I am bob@example.com")

    assert filled.model_dump() == {
        "order_number": "ORD-456",
        "orders": ["ORD-456", "ORD-123"],
        "email": "bob@example.com",
        "ticket_id": None,
        "weight_in_kilos": None,
        "colour": None,
        "nested": {"subject": "Damaged or faulty item in order ORD-456"},
    }
