"""What was done, in words for staff, by the action that the audit log stores."""

from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ActionWords = dict[str, str | Promise]

ACTION_WORDS: ActionWords = {
    "person_requested": _("Asked for a person"),
    "request_cancelled": _("No longer waits for a person"),
    "took_over": _("Took the conversation over"),
    "assigned": _("Gave the conversation to a colleague"),
    "returned_to_queue": _("Put the conversation back into the queue"),
    "handed_back": _("Handed back to the assistant"),
    "replied": _("Replied"),
    "noted": _("Wrote a note"),
    "note_deleted": _("Deleted a note"),
    "closed": _("Closed the conversation"),
    "ended": _("Ended the conversation"),
    "reopened": _("Reopened the conversation"),
    "returned": _("Came back to an ended conversation"),
    "left_chat": _("Left the chat on a device"),
    "continued_elsewhere": _("Went on with the chat on another device"),
    "contact_given": _("Gave a name and an e-mail address"),
    "rated": _("Said how it was"),
    "read_transcript": _("Read the conversation"),
    "read_customer": _("Read a customer’s page"),
    "customer_exported": _("Exported a customer’s data"),
    "transcript_mailed": _("Had the conversation mailed"),
    "mail_failed": _("A mail to the customer came back"),
    "mail_posted": _("Put a mail into its conversation"),
    "mail_dismissed": _("Dismissed a mail"),
    "saved_reply_added": _("Added a saved reply"),
    "saved_reply_changed": _("Changed a saved reply"),
    "saved_reply_deleted": _("Deleted a saved reply"),
    "went_away": _("Went away"),
    "came_back": _("Came back"),
    "login_locked": _("Sign-in locked after wrong passwords"),
}


def describe_action(action: str) -> str:
    """An action whose app is gone, or gives it no words, is told by its name."""
    config: Any = apps.get_app_config("audit")
    words = ACTION_WORDS.get(action) or config.action_words.get(action)
    return str(words) if words else action.replace("_", " ").capitalize()
