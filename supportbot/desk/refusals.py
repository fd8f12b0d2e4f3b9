"""Why a member of staff could not do something with a conversation, in words that say who has it."""

from django.utils.translation import gettext as _

from supportbot.conversations.models import Conversation
from supportbot.conversations.turns import OwnershipResult

Owner = Conversation.Owner


def describe_refusal(result: OwnershipResult) -> str:
    owner = result.change.owner.owner if result.change.owner else ""
    if owner == Owner.HUMAN and result.assignee_name:
        return _("%(name)s already has this conversation.") % {"name": result.assignee_name}
    if owner == Owner.CLOSED:
        return _("This conversation is closed. Take it over to write to the customer.")
    return _("This conversation isn't yours yet. Take it over first.")
