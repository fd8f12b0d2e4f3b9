"""A customer's images over HTTP: uploading them, looking at them, and deleting them before they are sent."""

import logging
from collections.abc import Callable
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from supportbot.assistant.images import Picture, PictureError, build_size_error, prepare

from ..attachments import storage
from ..limits.rate_limits import RequestRefused, check_daily_images, check_image_rate
from ..models import Attachment, Conversation
from ..visitors import Visitor, get_visitor
from . import beginning
from .views import require_own_conversation

logger = logging.getLogger(__name__)

# Without it, browsers would fetch a turn's images again whenever the turn changes.
CACHE_CONTROL = "private, max-age=3600, immutable"


@require_POST
@require_own_conversation
def upload_image(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    """Store an image that the customer will send with a message."""
    try:
        conversation = beginning.ensure_begun(request.user, request.session, conversation)
    except RequestRefused as refusal:
        return _build_error_response(str(refusal), 429)
    return take_upload(request, conversation, conversation.visitor, Attachment.get_absolute_url)


def take_upload(
    request: HttpRequest,
    conversation: Conversation,
    uploader: Visitor,
    build_url: Callable[[Attachment], str],
    *,
    is_limited: bool = True,
) -> JsonResponse:
    """Store the request's image. Answers in JSON: its id, url and size, or an `error`.

    The caller has checked that the uploader may write in this conversation. `build_url` says where the uploader gets
    the image before it is sent; `is_limited` whether the day's limits are for them.
    """
    try:
        check_image_rate(uploader)
        if is_limited:
            check_daily_images(uploader)
        picture = _read_upload(request)
        attachment = storage.store_image(conversation.pk, picture, is_limited=is_limited)
    except PictureError as refusal:
        return _build_error_response(_(refusal.message) % refusal.values, 400)
    except storage.StorageFull as refusal:
        return _build_error_response(str(refusal), 507)
    except RequestRefused as refusal:
        return _build_error_response(str(refusal), 429)
    except DatabaseError as error:
        logger.error("An image was not taken: %s", type(error).__name__)
        return _build_error_response(_("We couldn't upload this photo. Please try again in a moment."), 503)
    known = {"id": attachment.public_id, "url": build_url(attachment)}
    return JsonResponse({**known, "width": picture.width, "height": picture.height}, status=201)


@require_http_methods(["GET", "HEAD", "DELETE"])
def image_detail(request: HttpRequest, public_id: UUID, image: UUID) -> HttpResponse:
    if request.method == "DELETE":
        return _delete_image(request, public_id=public_id, image=image)
    row = get_object_or_404(
        _filter_visible_attachments(request), conversation__public_id=public_id, public_id=image
    )
    return serve_image(row)


def serve_image(row: Attachment) -> HttpResponse:
    """The image to somebody who may see it."""
    try:
        with row.file.open() as file:
            response = HttpResponse(file.read(), content_type=row.content_type)
    except OSError as error:
        raise Http404 from error
    ending = storage.FILE_EXTENSIONS[row.content_type]
    response["Content-Disposition"] = f'inline; filename="photo-{row.created:%Y-%m-%d}.{ending}"'
    # A browser that shows an image on a page of its own adds inline styles to it.
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = CACHE_CONTROL
    return response


@require_own_conversation
def _delete_image(request: HttpRequest, conversation: Conversation, image: UUID) -> HttpResponse:
    return delete_unsent(conversation, image)


def delete_unsent(conversation: Conversation, image: UUID) -> HttpResponse:
    """Delete an image that was uploaded and not sent yet."""
    if conversation.pk is None:
        raise Http404
    if storage.delete_unsent_image(conversation.pk, image):
        return HttpResponse(status=204)
    if conversation.attachments.filter(public_id=image).exists():
        return _build_error_response(_("This photo has already been sent."), 409)
    raise Http404


def _filter_visible_attachments(request: HttpRequest) -> QuerySet[Attachment]:
    """The images that whoever asks may see: their own, and for staff all that were sent."""
    conversations = Conversation.objects.visible_to(get_visitor(request.user, request.session))
    own = Attachment.objects.filter(conversation__in=conversations.values("pk"))
    if request.user.is_staff and request.user.has_perm("conversations.view_conversation"):
        return own | Attachment.objects.exclude(message=None)
    return own


def _read_upload(request: HttpRequest) -> Picture:
    """The request's image, encoded anew. Raises `PictureError`, in words for the customer."""
    max_bytes = settings.ENVIRONMENT.image_max_bytes
    files = request.FILES.getlist("image")
    if len(files) != 1:
        raise PictureError(gettext_noop("Please send one photo at a time."))
    if (files[0].size or 0) > max_bytes:
        raise build_size_error(max_bytes)
    return async_to_sync(prepare)(files[0].read(), max_bytes)


def _build_error_response(words: str, status: int) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
