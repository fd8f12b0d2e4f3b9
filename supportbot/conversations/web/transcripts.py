"""The customer's own conversation as a file to download."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ..models import Conversation
from ..turns.history import find_transcript_messages, load_history
from .views import require_own_conversation


@require_safe
@require_own_conversation
def transcript_text(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    if conversation.pk is None:  # nothing was said yet
        return redirect(conversation)
    response = render(
        request,
        "chat/transcript.txt",
        {"conversation": conversation, "messages": find_transcript_messages(conversation)},
        content_type="text/plain; charset=utf-8",
    )
    return _set_download_name(response, conversation, "txt")


@require_safe
@require_own_conversation
def transcript_json(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """The messages array of the chat completions API, with the conversation's id and the time it began."""
    if conversation.pk is None:
        return redirect(conversation)
    messages = [message.as_chat() for message in load_history(conversation)]
    document = {
        "conversation": str(conversation.public_id),
        "begun": conversation.created,
        "messages": messages,
    }
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    return _set_download_name(response, conversation, "json")


def _set_download_name(response: HttpResponse, conversation: Conversation, ending: str) -> HttpResponse:
    name = f"conversation-{conversation.created:%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
