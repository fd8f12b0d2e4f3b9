"""What the page gives its scripts: their texts in the language of the request, and the server's limits.

A script asks for a text by its name and puts values in the place of {placeholders}, see `getText` in
static/chat/page.js.
"""

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from supportbot.assistant.images import reencode
from supportbot.server.process import process

from ..attachments.storage import MAX_IMAGES_PER_MESSAGE

# What a customer says by pressing “Talk to a person”. The page shows it until the server does.
PERSON_REQUEST = gettext_lazy("I'd like to talk to a person.")


def list_person_requests() -> list[str]:
    """The same in each language of the site."""
    requests = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            requests.append(str(PERSON_REQUEST))
    return requests


@dataclass
class TranslatedTexts:
    """The texts of the scripts, as they were translated for pages before, by language."""

    by_language: dict[str, dict[str, str]] = field(default_factory=dict)


def script_texts() -> dict[str, str]:
    """All texts of the scripts by their names."""
    known, language = process.get(TranslatedTexts).by_language, get_language()
    if language not in known:
        known[language] = {
            **_connection_texts(),
            **_announcement_texts(),
            **_message_texts(),
            **_photo_texts(),
            **_upload_texts(),
        }
    return known[language]


def script_limits() -> dict[str, int | list[str]]:
    """What the server accepts. Keys that end in Bytes, Chars and Pixels are in these units."""
    return {
        "messageChars": settings.MESSAGE_MAX_CHARS,
        "photosPerMessage": MAX_IMAGES_PER_MESSAGE,
        "photoTypes": ["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif"],
        "photoExtensions": [".heic", ".heif"],
        "photoBytes": settings.ENVIRONMENT.image_max_bytes,
        "photoPixels": reencode.MAX_PIXELS,
        "photoSidePixels": reencode.MAX_SIDE_PIXELS,
        "photoDrawnPixels": reencode.OUTPUT_PIXELS,  # the server draws none larger than these two
        "photoDrawnSidePixels": reencode.OUTPUT_SIDE_PIXELS,
    }


def _connection_texts() -> dict[str, str]:
    return {
        "signedOut": _("You have been signed out. Reload the page to continue."),
        "signedOutOrGone": _(
            "You have been signed out, or this conversation is no longer available. "
            "Reload the page to continue."
        ),
        "conversationGone": _("This conversation is no longer available. Reload the page to continue."),
        "cookiesBlocked": _(
            "Your browser blocks cookies on this page, and the chat doesn't work without them. "
            "Please allow them, then reload the page."
        ),
        "busy": _("Very busy right now. Trying again…"),
        "tooManyTabs": _("This chat is open in too many tabs. Close some of them, then reload this page."),
    }


def _announcement_texts() -> dict[str, str]:
    """What screen readers hear of what others see."""
    return {
        "answering": _("The assistant is answering."),
        "stillAnswering": _("The assistant is still working on it."),
        "answerCutOff": _("The answer was cut off."),
        "reconnecting": _("The connection is lost. Trying to restore it."),
        "backOnline": _("Connected again."),
    }


def _message_texts() -> dict[str, str]:
    return {
        "messageEmpty": _("Please write a message first."),
        "messageLength": _("{count} of {max} characters"),
        "messageTooLong": _("{count} of {max} characters. Please shorten your message."),
        "storageFull": _(
            "Your browser's storage is full, so this message can't be sent. "
            "Please close other tabs and try again."
        ),
        "messageBlocked": _(
            "This was blocked on its way to us, so it wasn't sent. "
            "Try again, rephrase it, or use another network."
        ),
        "pressBlocked": _(
            "This was blocked on its way to us, so nothing was done. Try again, or use another network."
        ),
        "talkToPerson": str(PERSON_REQUEST),
        "endWaits": _("This conversation ends as soon as your message is sent."),
        "assistantWaits": _("The assistant continues as soon as your message is sent."),
    }


def _photo_texts() -> dict[str, str]:
    too_many = ngettext(
        "One photo fits into one message. Send it first, then attach more.",
        "{max} photos fit into one message. Send these first, then attach more.",
        MAX_IMAGES_PER_MESSAGE,
    )
    return {
        "photo": _("Photo"),
        "photoNumbered": _("Photo {number}"),
        "removePhoto": _("Remove photo"),
        "removePhotoNumbered": _("Remove photo {number}"),
        "tooManyPhotos": too_many.format(max=MAX_IMAGES_PER_MESSAGE),
        "photoAttached": _("{photo} attached."),
        "photoRemoved": _("{photo} removed."),
        "photoUnreadable": _("“{name}” couldn't be opened. Please try it again, or send another photo."),
        "photoUnsupported": _("“{name}” can't be sent. Only photos and screenshots are supported."),
        "photoTooLarge": _("“{name}” is too large: {size} MB; the limit is {max} MB."),
        "photoLost": _("A photo hadn't finished uploading when the page was closed. Please attach it again."),
        "messageLostPhoto": _(
            "A photo hadn't finished uploading when the page was closed. Please attach it again. "
            "“Try again” sends the message without it."
        ),
        "photoNotUploaded": _(
            "A photo couldn't be uploaded. Try it again or remove it, then send your message."
        ),
    }


def _upload_texts() -> dict[str, str]:
    return {
        "uploadingPhoto": _("Uploading photo"),
        "uploadingPhotoNumbered": _("Uploading photo {number}"),
        "waitingForConnection": _("Waiting for the connection…"),
        "photoUploaded": _("{photo} uploaded."),
        "photoFailed": _("{photo}: {why}"),
        "uploadFailed": _("This photo couldn't be uploaded just now."),
        "uploadTooLarge": _("This photo is too large."),
        "uploadSignedOut": _("You're no longer signed in. Reload the page and attach the photo again."),
        "uploadPageExpired": _("This page has expired. Reload it and attach the photo again."),
    }
