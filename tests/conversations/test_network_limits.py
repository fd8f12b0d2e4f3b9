"""A guest costs nothing, so guests are also limited by their network, and all together by the tokens of a day.

The default limits are those that an office of fifty honest customers does not reach.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from supportbot.assistant.messages import Answer
from supportbot.assistant.messages import Message as Said
from supportbot.conversations.limits import guest_limits, rate_limits
from supportbot.conversations.limits.rate_limits import RequestRefused
from supportbot.conversations.limits.token_budgets import Funds
from supportbot.conversations.models import Conversation, CustomerRequest, TokenBudget, Turn
from supportbot.conversations.realtime.error_messages import get_failure_advice
from supportbot.conversations.turns import cancel_person_request, request_person, submit, transitions
from supportbot.desk import budget_alerts
from supportbot.jobs.models import Job
from supportbot.server import client_address
from tickets.models import Ticket

from .page import Page
from .test_cost import queries

HOME, OFFICE = "192.0.2.7", "198.51.100.9"


@contextmanager
def network(address: str) -> Iterator[None]:
    token = client_address._current_network.set(address)
    yield
    client_address._current_network.reset(token)


def new_guest(number: int) -> Conversation:
    return Conversation.objects.create(guest_key=f"guest{number}")


def say(conversation: Conversation, number: int = 0) -> None:
    submit.submit_message.run_sync(conversation.pk, f"Message {number}", f"c{number}", can_start=False)


def end_turn(conversation: Conversation, state: str = "failed") -> Turn:
    turn = conversation.turns.last()
    Turn.objects.filter(pk=turn.pk).update(state=state, may_retry=True)
    return turn


def count_accepted(act, times: int) -> int:
    accepted = 0
    for number in range(times):
        try:
            act(number)
        except RequestRefused:
            break
        accepted += 1
    return accepted


def test_an_office_of_fifty_is_not_in_its_own_way(db):
    with network(OFFICE):
        customers = [new_guest(number) for number in range(50)]

        assert count_accepted(lambda number: say(customers[number % 50], number), 150) == 150


def test_a_script_with_ever_new_cookies_is_held_to_what_such_an_office_may(db):
    with network(OFFICE):
        assert count_accepted(lambda number: say(new_guest(number)), 450) == 150
    with network(HOME):
        say(new_guest(999))


def test_the_customer_is_told_of_a_way_on(db, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"address_messages_per_minute": 1})
    with network(OFFICE):
        say(new_guest(1))

        with pytest.raises(RequestRefused, match="If you sign in, you can go on at once"):
            say(new_guest(2))


def test_a_refused_first_message_leaves_nothing_behind(db, settings, guests):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"address_messages_per_minute": 1})
    address = guests.look()
    with network(OFFICE):
        say(new_guest(1))

        with pytest.raises(RequestRefused):
            guests.begin()

    assert (Conversation.objects.count(), Session.objects.count()) == (1, 0)
    with network(HOME):
        assert guests.begin().get_absolute_url() == address


def test_who_has_signed_in_does_not_count_with_the_guests(db, settings, alice, chat):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"address_messages_per_minute": 1})
    with network(OFFICE):
        say(new_guest(1))
        say(chat)
        say(chat, 1)


@pytest.mark.parametrize(
    ("visitor", "address", "most"), [(30, None, 150), (0, None, 0), (30, 7, 7), (30, 0, 0)]
)
def test_the_limit_of_a_network_follows_that_of_a_visitor(settings, visitor, address, most):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"visitor_messages_per_minute": visitor, "address_messages_per_minute": address}
    )

    assert guest_limits.get_address_message_limit() == most


def test_retries_are_messages(db, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 3
    chat = new_guest(1)
    say(chat)

    def retry(_number: int) -> None:
        transitions.retry_turn.run_sync(chat.pk, end_turn(chat).pk, can_start=False)

    assert count_accepted(retry, 19) == 2
    with pytest.raises(RequestRefused):
        say(chat, 1)


def test_stops_are_counted_by_themselves(db, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 3
    chat = new_guest(1)
    for number in range(3):
        say(chat, number)

    def stop(_number: int) -> None:
        end_turn(chat, "running")
        transitions.request_stop.run_sync(chat.pk)

    assert count_accepted(stop, 19) == 3


def test_what_a_day_old_request_counted_is_forgotten(db):
    say(new_guest(1))
    say(new_guest(2))
    CustomerRequest.objects.filter(visitor="guest:guest1").update(created=timezone.now() - timedelta(days=2))

    rate_limits.delete_old_requests.run_sync()

    assert [each.visitor for each in CustomerRequest.objects.all()] == ["guest:guest2"]


def test_of_one_network_so_many_guests_ask_for_a_person_in_an_hour(db, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"address_messages_per_minute": 0})

    def ask(number: int) -> None:
        request_person.run_sync(new_guest(number).pk, text="A person, please", client_id="p")

    with network(OFFICE):
        assert count_accepted(ask, 60) == settings.ENVIRONMENT.address_person_requests_per_hour
    assert Ticket.objects.count() == settings.ENVIRONMENT.address_tickets_per_hour


@pytest.mark.parametrize(("is_guest", "of_network"), [(True, 2), (False, 0)], ids=["guest", "account"])
def test_a_request_is_counted_once_and_by_the_network_for_guests_alone(db, chat, is_guest, of_network):
    asker = new_guest(1) if is_guest else chat
    with network(OFFICE):
        made = queries(request_person.run_sync, asker.pk, text="A person, please", client_id="p")

    counts = [each for each in made if "COUNT(" in each and "customerrequest" in each]
    assert len(counts) == 1 + of_network, (
        "those of the minute, and of a guest's network those of the hour too"
    )
    assert sum("address_key" in each for each in counts) == of_network


def test_asking_for_a_person_and_withdrawing_it_in_a_loop_is_one_mail(db, settings):
    settings.CONVERSATION_MESSAGES_PER_MINUTE = 0
    chat = new_guest(1)
    due = []
    for number in range(5):
        request_person.run_sync(chat.pk, text="A person, please", client_id=f"p{number}")
        due += Job.objects.filter(kind="send_waiting_alert", run_after__lte=timezone.now())
        Job.objects.filter(kind="send_waiting_alert", run_after__lte=timezone.now()).delete()
        Conversation.objects.filter(pk=chat.pk, alerted=None).update(alerted=timezone.now())
        cancel_person_request.run_sync(chat.pk)

    assert len(due) == 1
    later = Job.objects.get(kind="send_waiting_alert")
    assert timedelta(minutes=9) < later.run_after - timezone.now() <= timedelta(minutes=10)


# ---- Tokens


def spend(conversation: Conversation, tokens: int) -> str:
    """Have a message answered for so many tokens. Returns whether it could be paid for."""
    change = submit.submit_message.run_sync(conversation.pk, "Hello", None)
    if change.lease.funds == Funds.RESERVED:
        answer = Answer(Said("assistant", "Hi."), "stop", usage={"total_tokens": tokens})
        transitions.finish_turn.run_sync(change.lease, "done", "Hi.", answer=answer)
    return change.lease.funds


def test_all_guests_together_have_a_budget_and_accounts_do_not_share_it(transactional_db, limit, chat):
    limit(guest_tokens_per_day=2000)

    assert [spend(new_guest(number), 1000) for number in range(3)] == [
        "reserved",
        "spent_by_guests",
        "spent_by_guests",
    ]
    assert spend(chat, 1000) == "reserved"


def test_one_network_cannot_use_up_the_budget_of_all(transactional_db, limit):
    limit(guest_tokens_per_day=9000, address_tokens_per_day=2000)
    with network(OFFICE):
        assert [spend(new_guest(number), 1000) for number in range(2)] == ["reserved", "spent_by_guests"]
    with network(HOME):
        assert spend(new_guest(9), 1000) == "reserved"
    assert not any(OFFICE in budget.scope for budget in TokenBudget.objects.all())


def test_the_budget_of_guests_is_on_by_default():
    assert guest_limits.get_guest_token_limit() == 10_000_000
    assert guest_limits.get_address_token_limit() == 3_000_000


def test_staff_are_told_once_a_day(transactional_db, limit, settings, client, agent):
    limit(guest_tokens_per_day=1000, alert_emails=("ops@example.com",))
    for number in range(3):
        spend(new_guest(number), 1000)

    (job,) = Job.objects.filter(kind="send_budget_alert")
    budget_alerts.mail_budget_alert(job.key)

    (sent,) = mail.outbox
    assert sent.to == ["ops@example.com"]
    assert "GUEST_TOKENS_PER_DAY" in sent.body
    client.force_login(agent)
    assert "The tokens of today for visitors" in client.get("/admin/").content.decode()
    TokenBudget.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert "The tokens of today" not in client.get("/admin/").content.decode()


def test_an_ordinary_day_has_no_banner(client, agent):
    client.force_login(agent)

    assert "tokens of today" not in client.get("/admin/").content.decode()


async def test_a_guest_reads_how_to_go_on(model, guests, of_guest, limit):
    limit(guest_tokens_per_day=1)
    page: Page = await guests.open(of_guest)

    turn = await page.ask("Hello")

    assert "Please sign in to go on, or talk to a person." in turn.text
    assert any(link["href"] == "/accounts/login/" for link in turn.all("a"))
    await page.press(page.button("Talk to a person"))
    await page.until(lambda page: page.owner_state == "waiting")
    assert model.requests == []
    await page.close()


def test_the_words_of_both_budgets_name_the_next_step():
    for code in ("over_budget", "over_guest_budget"):
        assert "talk to a person" in get_failure_advice(Turn(state="failed", error=code))
