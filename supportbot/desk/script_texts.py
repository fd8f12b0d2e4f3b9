"""The texts of the desk's scripts, by the names by which these ask for them. Each page gives them as JSON."""

from django.utils.translation import gettext as _


def build_bar_texts() -> dict[str, str]:
    """Those of the bar, which is on every page in admin."""
    return _build_press_texts() | {
        "lost": _("Not connected. Who is waiting may be out of date."),
        "customerWaits": _("A customer is waiting for a person"),
        "customerWrote": _("One of your customers has written to you"),
        "customerAssigned": _("A colleague has assigned a customer to you"),
        "colleagueMentioned": _("A colleague has mentioned you in a note"),
        "notificationsOn": _(
            "You will be told like this when a customer waits, writes to you or is assigned to you, or a colleague "
            "mentions you"
        ),
        "notificationsBlocked": _(
            "Your browser doesn't let this site show notifications. You can allow them in the site's settings there."
        ),
        "notificationsUnknown": _(
            "This browser can't show notifications for a page. The sound still tells you of a customer who waits."
        ),
        "gone": _("This page is no longer connected, so nothing was done. Reload it to continue."),
    }


def build_conversation_texts() -> dict[str, str]:
    """Those of a live conversation, besides the customer's page's own."""
    return _build_press_texts() | {
        "tooManyTabs": _("You have too many pages open. Close some of them, then reload this page."),
        "replyTo": _("Write to the customer…"),
        "takeOverToReply": _("Take it over to write to the customer…"),
        "colleagueReplies": _(
            "A colleague has this conversation. Write a note for them, or ask them for it…"
        ),
        "writeNote": _("Write a note for your team, @ to mention…"),
        "colleaguesOffered": _("Colleagues are offered. Choose one with the arrow keys and Enter."),
        "replyNotSent": _(
            "Your reply has not been sent: a photo wasn't ready yet. Choose “Reply” to send it."
        ),
        "noteWithoutPhotos": _(
            "Photos can't be added to a note. Choose “Reply” to send them to the customer."
        ),
    }


def _build_press_texts() -> dict[str, str]:
    """What becomes of a press that was not done."""
    return {
        "signedOut": _("You have been signed out, or may no longer answer customers. Reload the page."),
        "notConnected": _(
            "There is no connection right now, so nothing was done. Please try again in a moment."
        ),
        "notAnswered": _("The server didn't answer. Please see whether it was done, or try again."),
    }
