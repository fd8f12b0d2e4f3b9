"""What nobody needs any longer is deleted by its age, with all that is in it; what somebody needs stays."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from supportbot.assistant.retention_rules import retention_rule
from supportbot.conversations import retention
from supportbot.conversations.models import Attachment, Conversation, Message
from supportbot.desk.models import Note
from supportbot.jobs.models import Job
from supportbot.usage.models import ModelRequest
from tickets.models import Ticket

from .crowd import at_once
from .photos import files

DAYS = 180
OLD = timedelta(days=DAYS + 1)
YOUNG = timedelta(days=DAYS - 1)
Status, Owner = Ticket.Status, Conversation.Owner


@pytest.fixture(autouse=True)
def _keeps_for_half_a_year(settings: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"retention_days": DAYS})


def set_age(row: Model, age: timedelta) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(updated=timezone.now() - age)


def begin_conversation(age: timedelta, **fields: Any) -> Conversation:
    conversation = Conversation.objects.create(guest_key="guest", **fields)
    set_age(conversation, age)
    return conversation


def open_ticket(conversation: Conversation | None, status: str, age: timedelta = OLD) -> Ticket:
    ticket = Ticket.objects.create(conversation=conversation, issue="The lamp is broken.", status=status)
    set_age(ticket, age)
    return ticket


@sync_to_async
def load_keys(model: Any) -> set[int]:
    return set(model.objects.values_list("pk", flat=True))


async def test_a_conversation_goes_with_all_that_is_in_it_and_one_that_is_younger_stays(
    page, model, chat, image, agent, settings
):
    model.say("It is on its way.")
    await page.ask("Where is ORD-123?")
    await Message.objects.filter(role="assistant").aupdate(handle="responses:resp_1")
    await Note.objects.acreate(conversation=chat, author=agent, text="Be kind.", created=timezone.now() - OLD)
    young = await sync_to_async(begin_conversation)(YOUNG)
    await page.close()
    await sync_to_async(set_age)(chat, OLD)

    await retention.delete_old_conversations()

    assert await load_keys(Conversation) == {young.pk}
    assert [await sync_to_async(each.objects.count)() for each in (Message, Attachment, Note)] == [0, 0, 0]
    assert files(settings) == []
    # The provider is told to delete it too, and what the answer has cost is still counted.
    assert await Job.objects.filter(kind="delete_from_provider", key="responses:resp_1").aexists()
    assert await ModelRequest.objects.filter(conversation=None).aexists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("owner", "is_kept"),
    [(Owner.BOT, False), (Owner.CLOSED, False), (Owner.WAITING, True), (Owner.HUMAN, True)],
)
async def test_who_waits_for_a_person_or_has_one_is_not_forgotten(owner, is_kept):
    old = await sync_to_async(begin_conversation)(OLD, owner=owner)

    await retention.delete_old_conversations()

    assert await Conversation.objects.filter(pk=old.pk).aexists() == is_kept


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "age", "is_kept"),
    [
        (Status.OPEN, OLD, True),
        (Status.PENDING, OLD, True),
        (Status.RESOLVED, OLD, False),
        (Status.CLOSED, OLD, False),
        (Status.CLOSED, YOUNG, True),
    ],
)
async def test_a_ticket_that_has_not_ended_or_lately_did_keeps_its_conversation(status, age, is_kept):
    old = await sync_to_async(begin_conversation)(OLD)
    ticket = await sync_to_async(open_ticket)(old, status, age)
    ended = await sync_to_async(open_ticket)(old, Status.CLOSED)

    await retention.delete_old_conversations()

    assert await Conversation.objects.filter(pk=old.pk).aexists() == is_kept
    assert await Ticket.objects.filter(pk__in=[ticket.pk, ended.pk]).acount() == (2 if is_kept else 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "age", "is_kept"),
    [(Status.OPEN, OLD, True), (Status.CLOSED, YOUNG, True), (Status.CLOSED, OLD, False)],
)
async def test_what_was_merged_into_a_ticket_stays_as_long_as_the_matter_goes_on_there(status, age, is_kept):
    old = await sync_to_async(begin_conversation)(OLD)
    target = await sync_to_async(open_ticket)(await sync_to_async(begin_conversation)(YOUNG), status, age)
    merged = [await sync_to_async(open_ticket)(place, Status.CLOSED) for place in (old, None)]
    keys = [each.pk for each in merged]
    await Ticket.objects.filter(pk__in=keys).aupdate(merged_into=target)

    await retention.delete_old_conversations()

    assert await Conversation.objects.filter(pk=old.pk).aexists() == is_kept
    assert await Ticket.objects.filter(pk__in=keys).acount() == (2 if is_kept else 0)


@pytest.mark.django_db(transaction=True)
async def test_a_note_that_the_team_wrote_lately_keeps_its_conversation_and_what_other_apps_have_of_it(
    chat, agent
):
    await Note.objects.acreate(conversation=chat, author=agent, text="Asks again in May.")
    await sync_to_async(set_age)(chat, OLD)
    ticket = await sync_to_async(open_ticket)(chat, Status.CLOSED)
    other = await sync_to_async(begin_conversation)(OLD)
    await sync_to_async(open_ticket)(other, Status.CLOSED)

    await retention.delete_old_conversations()

    assert await load_keys(Conversation) == {chat.pk}
    assert await load_keys(Ticket) == {ticket.pk}


@pytest.mark.django_db(transaction=True)
async def test_an_ended_ticket_of_no_conversation_goes_by_its_own_age():
    await sync_to_async(open_ticket)(None, Status.CLOSED, OLD)
    young = await sync_to_async(open_ticket)(None, Status.CLOSED, YOUNG)
    waiting = await sync_to_async(open_ticket)(None, Status.OPEN, OLD)

    await retention.delete_old_conversations()

    assert await load_keys(Ticket) == {young.pk, waiting.pk}


@pytest.mark.django_db(transaction=True)
async def test_an_app_keeps_what_it_needs_in_as_many_batches_as_there_are(monkeypatch):
    monkeypatch.setattr(retention, "CONVERSATIONS_PER_BATCH", 2)
    moment = timezone.now() - OLD
    old = [await sync_to_async(begin_conversation)(OLD) for _ in range(5)]
    await Conversation.objects.aupdate(updated=moment)  # all at once, as after an import
    needed = {old[0].pk, old[1].pk, old[4].pk}

    @retention_rule
    def keep_returns(conversations, before):
        assert before < timezone.now() - timedelta(days=DAYS - 1)
        return needed.intersection(conversations)

    monkeypatch.setattr(apps.get_app_config("conversations"), "retention_rules", [keep_returns])
    await retention.delete_old_conversations()

    assert await load_keys(Conversation) == needed


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_conversation_that_somebody_has_locked_keeps_no_other_waiting():
    busy, old = begin_conversation(OLD), begin_conversation(OLD)
    with transaction.atomic():
        Conversation.objects.lock(busy.pk)
        at_once(async_to_sync(retention.delete_old_conversations))
        assert not Conversation.objects.filter(pk=old.pk).exists()

    async_to_sync(retention.delete_old_conversations)()

    assert not Conversation.objects.exists()


@pytest.mark.django_db(transaction=True)
async def test_nothing_is_deleted_unless_the_shop_says_so(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"retention_days": 0})
    old = await sync_to_async(begin_conversation)(timedelta(days=3650))

    await retention.delete_old_conversations()

    assert await load_keys(Conversation) == {old.pk}
