"""What apps may have done in a conversation in the name of staff or of the server, by the names of the AppConfig."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils.translation import gettext as _

from .. import turns
from ..limits.rate_limits import RequestRefused, check_text
from ..models import Conversation
from ..turns import OwnershipResult
from ..turns.person_messages import clean_contact_name
from ..visitors import create_mail_key
from ..worker import runner


def post_staff_reply(
    conversation_id: int,
    staff: Any,
    text: str,
    *,
    client_id: str = "",
    reference: str = "",
    closes: bool = False,
) -> str:
    """Take the conversation over if nobody has it, write to the customer, and close it with `closes`.

    Returns why it was not done, in words for staff; empty if it was. Each step is a transaction, so this is called in
    none. The same `client_id` is stored once.
    """
    try:
        async_to_sync(_post_reply)(
            conversation_id, staff.pk, text, client_id=client_id, reference=reference, closes=closes
        )
    except RequestRefused as refusal:
        return str(refusal)
    return ""


def post_notice(conversation_id: int, describe: Callable[[], str]) -> None:
    """The server tells the customer something, which `describe` returns in their language.

    A part of the caller's transaction; the pages show it after that.
    """
    change = turns.post_notice.run_sync(conversation_id, describe)
    transaction.on_commit(lambda: async_to_sync(runner.publish_and_start)(change))


def open_conversation(user: Any, contact_name: str, contact_email: str) -> int:
    """A new conversation with an account, or with a guest who is reached by mail. Returns its primary key.

    A guest comes into it by a code that is mailed to that address.
    """
    conversation = Conversation.objects.create(
        user=user,
        guest_key="" if user else create_mail_key(),
        contact_name="" if user else clean_contact_name(contact_name),
        contact_email="" if user else contact_email,
    )
    return conversation.pk


async def _post_reply(
    conversation_id: int, staff_id: int, text: str, *, client_id: str, reference: str, closes: bool
) -> None:
    text = check_text(text)
    if not await turns.has_message(conversation_id, client_id):  # sent again, it ends no answer of the bot
        await runner.halt_turn(conversation_id)
    await _publish(await turns.take_over(conversation_id, staff_id, client_id=client_id))
    await _publish(
        await turns.post_staff_message(conversation_id, staff_id, text, client_id, reference=reference)
    )
    if closes:
        # Sent twice, the first one has closed it; or the customer has written since.
        with suppress(RequestRefused):
            await _publish(
                await turns.close_conversation(
                    conversation_id,
                    staff_id,
                    reference=reference,
                    reply_id=client_id,
                    press_id=secrets.token_hex(8),
                )
            )


async def _publish(result: OwnershipResult) -> None:
    await runner.publish_and_start(result.change)
    if not result.is_done:
        raise RequestRefused(
            _("%(name)s already has this conversation.") % {"name": result.assignee_name}
            if result.assignee_name
            else _("This conversation is no longer yours.")
        )
