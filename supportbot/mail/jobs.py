"""Mails that are sent in the background: each is a job with a key, asked for once and tried until it is sent."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS, build_message_id
from supportbot.jobs.queue import find_earlier_job
from supportbot.jobs.registry import ClaimedJob, JobPostponed, job
from supportbot.server.executors import run_in_tool_thread

from .access_codes import mail_code
from .cleanup import delete_old_mails, plan_cleanup
from .incoming.kept_alerts import plan_next_alert
from .outgoing import customer_mails, staff_mails
from .outgoing.sending import Delivery, note_deliveries

MAX_ATTEMPTS = 60  # over two days: somebody was promised to be told
MAX_CODE_ATTEMPTS = 6  # over ten minutes, for which somebody waits who looks at the page
ANSWER_PAUSE = timedelta(seconds=5)
EARLIER_MAIL_PAUSE = timedelta(seconds=5)


def _note_waiting_alert(claimed: ClaimedJob, was_mailed: bool | None) -> None:
    if was_mailed and claimed.conversation_id is not None:
        staff_mails.note_waiting_alert(claimed.conversation_id)


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_note_waiting_alert)
async def send_waiting_alert(claimed: ClaimedJob) -> bool:
    """Tell staff of a customer who waits for a person. Raises OSError when the mail cannot be sent, as all here do."""
    return await run_in_tool_thread(
        staff_mails.mail_waiting_alert, claimed.conversation_id, build_message_id(claimed)
    )


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS)
async def send_ticket_alert(claimed: ClaimedJob) -> None:
    """Tell staff of a new ticket, whose number is the key."""
    await run_in_tool_thread(staff_mails.mail_new_ticket, claimed.key, build_message_id(claimed))


def _plan_next_alert(_claimed: ClaimedJob, newest_told: int | None) -> None:
    if newest_told is not None:
        plan_next_alert(newest_told)


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_plan_next_alert)
async def send_kept_alert(claimed: ClaimedJob) -> int:
    """Tell staff of mails that were kept for them."""
    return await run_in_tool_thread(staff_mails.mail_kept_alert, build_message_id(claimed))


def _note_notice(_claimed: ClaimedJob, sent: list[Delivery] | None) -> None:
    note_deliveries(sent or ())


def _note_reply(claimed: ClaimedJob, sent: list[Delivery] | None) -> None:
    """None, as of the others here, when it was given up."""
    if sent is None:
        customer_mails.note_unsent_reply(claimed.conversation_id, claimed.last_turn_id)
    else:
        note_deliveries(sent)


def _note_expected_mail(claimed: ClaimedJob, sent: list[Delivery] | None) -> None:
    if sent is None:
        customer_mails.note_unsent_mail(claimed.conversation_id)
    else:
        note_deliveries(sent)


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_note_reply)
async def send_unread_reply(claimed: ClaimedJob) -> list[Delivery]:
    """Mail a customer who has left what staff have answered."""
    try:
        return await run_in_tool_thread(
            customer_mails.mail_unread_reply, claimed.conversation_id, claimed.last_turn_id
        )
    except customer_mails.CustomerMayReturn as error:
        raise JobPostponed(error.deadline) from None


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_CODE_ATTEMPTS)
async def send_access_code(claimed: ClaimedJob) -> None:
    """Mail a guest the code they asked for."""
    await run_in_tool_thread(mail_code, int(claimed.key), build_message_id(claimed))


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_note_expected_mail)
async def send_mail_answer(claimed: ClaimedJob) -> list[Delivery]:
    """Mail what the assistant answers to a customer's mail, as soon as it has."""
    try:
        return await run_in_tool_thread(
            customer_mails.mail_answer, claimed.conversation_id, claimed.last_turn_id
        )
    except customer_mails.AnswerNotReady:
        raise JobPostponed(timezone.now() + ANSWER_PAUSE) from None


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_note_notice)
async def send_ticket_numbers(claimed: ClaimedJob) -> list[Delivery]:
    """Mail a customer the numbers of their tickets. Two jobs about one conversation would each mail all of them."""
    if (earlier := await find_earlier_job(claimed)) is not None:
        raise JobPostponed(max(earlier, timezone.now()) + EARLIER_MAIL_PAUSE)
    return await run_in_tool_thread(customer_mails.mail_ticket_numbers, claimed.conversation_id)


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_note_expected_mail)
async def send_transcript(claimed: ClaimedJob) -> list[Delivery]:
    """Mail a customer the conversation."""
    return await run_in_tool_thread(customer_mails.mail_transcript, claimed.conversation_id, claimed.key)


def _delete_and_plan(_claimed: ClaimedJob, _result: Any) -> None:
    delete_old_mails()
    plan_cleanup()


@job(store=_delete_and_plan)
async def delete_mail_rows(_claimed: ClaimedJob) -> None:
    """All of it is done in the transaction that ends the job, so that it can be planned again there."""


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=MAX_ATTEMPTS, store=_note_notice)
async def send_size_refusal(claimed: ClaimedJob) -> list[Delivery]:
    """Mail a customer that their mail was too large."""
    return await run_in_tool_thread(customer_mails.mail_too_large, claimed.conversation_id, claimed.key)
