"""When no model answers: the customer's message is kept and a person is offered, and staff are told once."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.core import mail

from supportbot.conversations.models import Message, Turn
from supportbot.conversations.worker import runner
from supportbot.conversations.worker.model_health import ModelHealth
from supportbot.server.process import process
from supportbot.usage.models import ModelRequest, Outage
from tickets.models import Ticket

from .rows import until


@pytest.fixture(autouse=True)
def _nothing_was_noticed_yet(settings, model, frequent_sweeps):
    process.get(ModelHealth).is_healthy = process.get(ModelHealth).has_answered = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"alert_emails": ("lead@example.com",)})


async def mail_is_sent():
    return bool(mail.outbox)


async def test_staff_are_told_once_however_many_customers_are_not_answered(page, model, caplog):
    for _ in range(4):
        model.fail(401)
        await page.ask("Where is my order?")
    await until(mail_is_sent)

    assert [each.to for each in mail.outbox] == [["lead@example.com"]]
    assert "the assistant isn't available" in mail.outbox[0].subject
    assert caplog.text.count("No model answers") == 1
    await until(Outage.objects.filter(failures=4).aexists)


async def test_the_customer_s_message_is_kept_and_a_ticket_needs_no_model(page, model):
    model.fail(401)

    turn = await page.ask("Where is my order?")
    assert await Message.objects.filter(text="Where is my order?").aexists()
    await page.press(page.button("Talk to a person"))
    await page.until(lambda page: len(page.turns) == 2)
    await page.settled("done")

    assert turn["data-state"] == "failed"
    assert "Where is my order?" in (await Ticket.objects.aget()).issue


async def test_a_model_that_its_server_does_not_know_is_told_at_once_and_the_log_says_which(
    page, model, caplog
):
    model.fail(404)

    await page.ask("Where is my order?")
    await until(mail_is_sent)

    assert await Outage.objects.filter(code="no_model").aexists()
    assert f"no_model (status 404, request scripted, model grok-scripted at {model.url[7:]}: " in caplog.text


async def test_one_accident_is_no_outage(page, model):
    for _ in range(2):
        model.fail(503)
    await page.ask("Where is my order?")
    model.say("It has shipped.")
    await page.ask("Again?")

    assert not await Outage.objects.aexists()


async def test_it_is_over_when_a_model_answers_again(page, model):
    model.fail(401)
    await page.ask("Where is my order?")
    await until(Outage.objects.filter(ended=None).aexists)
    model.say("It has shipped.")

    await page.ask("And now?")
    assert await Outage.objects.filter(ended=None).aexists(), "not before a quiet minute has passed"
    await Outage.objects.aupdate(last="2026-01-01T00:00:00Z")

    await until(Outage.objects.exclude(ended=None).aexists)


async def test_the_desk_says_so_until_then(page, model, client, agent):
    model.fail(401)
    await page.ask("Where is my order?")
    await until(Outage.objects.aexists)

    def desk():
        client.force_login(agent)
        return client.get("/admin/").content.decode()

    assert "No model has answered since" in await sync_to_async(desk)()
    await Outage.objects.aupdate(ended="2026-01-01T00:00:00Z")
    assert "No model has answered since" not in await sync_to_async(desk)()


async def test_it_is_over_when_the_site_needs_no_provider_any_more(page, settings, monkeypatch):
    await Outage.objects.acreate(code="down", failures=3, last="2026-01-01T00:00:00Z")
    settings.LLM_BACKEND = "demo"
    process.get(ModelHealth).is_healthy = None  # as in a process that has just begun

    await until(Outage.objects.exclude(ended=None).aexists)


async def test_what_only_somebody_tried_out_is_no_outage_when_it_fails(page, model, settings):
    for _ in range(2):
        model.fail(503)
    await page.ask("Where is my order?")
    settings.LLM_BACKEND = "demo"  # so the site itself does not need the model of this turn
    model.fail(401)

    await page.press(page.button("Try again"))
    await until(lambda: Turn.objects.filter(error="key_refused").aexists())

    await runner.drain()
    assert not await Outage.objects.aexists()


async def test_what_the_next_model_answered_is_on_the_turn(page, model, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_fallback": ("grok-second",)})
    model.fail(404)
    model.say("Hello.")

    turn = await page.ask("Hi")

    assert turn["data-state"] == "done"
    assert [request.body["model"] for request in model.requests] == ["grok-scripted", "grok-second"]


@pytest.fixture
def two_models(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_fallback": ("grok-second",)})


async def test_a_model_that_refuses_everything_is_told_once_though_another_answers(
    page, model, two_models, client, agent, caplog
):
    for _ in range(2):
        model.fail(402, json.dumps({"error": {"message": "Insufficient Balance"}}).encode())
        model.say("Hello.")
        assert (await page.ask("Hi"))["data-state"] == "done"
    await until(mail_is_sent)

    (outage,) = [each async for each in Outage.objects.all()]
    assert (outage.code, outage.model.partition(" ")[0]) == ("no_credit", "grok-scripted")
    assert "grok-scripted" in mail.outbox[0].body
    assert "No model" not in mail.outbox[0].body
    assert caplog.text.count("refuses whatever it is asked: no_credit") == 1

    def desk():
        client.force_login(agent)
        return client.get("/admin/").content.decode()

    assert "Customers are answered by another one." in await sync_to_async(desk)()
    model.say("I am back.")
    await page.ask("Hi again")
    await Outage.objects.aupdate(last="2026-01-01T00:00:00Z")
    await until(Outage.objects.exclude(ended=None).aexists)
    assert len(mail.outbox) == 1


async def test_when_all_models_refuse_staff_are_told_that_alone(page, model, two_models):
    for _ in range(2):
        model.fail(401)
    await page.ask("Hi")
    await until(mail_is_sent)

    assert [each.model async for each in Outage.objects.all()] == [""]
    assert len(mail.outbox) == 1


async def test_the_refusal_of_a_model_that_is_asked_no_longer_is_over(page, model):
    await Outage.objects.acreate(code="no_credit", model="grok-removed", failures=1)
    process.get(ModelHealth).has_seen_settings = False  # as in a process that has just begun

    await until(Outage.objects.exclude(ended=None).aexists)


async def test_every_request_is_put_down_with_its_tokens(page, model):
    model.call("lookup_order", order_id="ORD-123")
    model.say("It has shipped.")

    await page.ask("Where is ORD-123?")

    rows = [row async for row in ModelRequest.objects.order_by("pk")]
    assert [(row.purpose, row.backend, row.model) for row in rows] == [
        ("answer", "chat", "grok-scripted")
    ] * 2
    assert all(row.input > 0 and row.output > 0 for row in rows)
    assert all(row.turn_id == int(page.last["data-turn"]) for row in rows)


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (402, "Insufficient Balance", "no_credit"),
        (400, "Unknown parameter: 'messages'.", "misconfigured"),
        (405, "Method Not Allowed", "no_model"),
        (400, "No.", "request_refused"),
    ],
)
async def test_staff_are_told_of_what_lasts_at_the_first_customer_who_is_not_blamed(
    page, model, status, words, code, caplog
):
    model.fail(status, json.dumps({"error": {"message": words}}).encode())

    turn = await page.ask("My street is Domstraße 1")

    await until(Outage.objects.filter(code=code, failures=1).aexists)
    assert "ephras" not in turn.classed("failure")[0].text
    assert words.split()[0].strip(".") in caplog.text or code == "request_refused"
    assert "Domstraße" not in caplog.text
