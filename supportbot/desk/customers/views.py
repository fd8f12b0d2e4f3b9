"""One page for each customer in admin, and a file with all of their data. Who read or exported it is on record."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportbot.assistant.customer_exports import ExportedCustomer
from supportbot.audit.recording import record_event, record_reading
from supportbot.conversations.models import Conversation
from supportbot.server.streams import read_on_thread

from ..account_names import name_account
from ..rights import can_export, require_exporter, require_reader
from .export_archive import ExportFailed, build_archive
from .page import (
    CustomerPage,
    find_exported_account,
    find_exported_guest,
    load_account_page,
    load_guest_page,
    load_records,
)


@require_safe
@require_reader
def show_account(request, customer):
    """The page of an account."""
    page = load_account_page(customer, request.user.has_perm)
    if page is None:
        raise Http404
    record_reading(request.user, None, action="read_customer", subject=name_account(customer))
    return _render_page(request, page, reverse("desk-customer-export", args=[customer]))


@require_safe
@require_reader
def show_guest(request, pk):
    """The page of the guest who had this conversation."""
    conversation = get_object_or_404(Conversation.objects.select_related("user"), pk=pk)
    if conversation.user_id is not None:  # the guest has signed in since
        return redirect("desk-customer", conversation.user_id)
    page = load_guest_page(conversation, request.user.has_perm)
    record_reading(request.user, conversation.pk, action="read_customer")
    return _render_page(request, page, reverse("desk-guest-export", args=[pk]))


@require_safe
@require_reader
def show_records(request, pk):
    """What apps show of the customer of this conversation, for a part of its page."""
    conversation = get_object_or_404(Conversation.objects.select_related("user"), pk=pk)
    records = load_records(conversation, request.user.has_perm)
    if conversation.user_id is None:
        record_reading(request.user, conversation.pk, action="read_customer")
    else:
        subject = name_account(conversation.user_id)
        record_reading(request.user, None, action="read_customer", subject=subject)
    return HttpResponse("".join(records))


@require_POST
@require_exporter
def export_account(request, customer):
    """All that the shop has about an account."""
    get_object_or_404(get_user_model(), pk=customer)
    page = reverse("desk-customer", args=[customer])
    return _send_export(
        request,
        find_exported_account(customer),
        page,
        f"customer-{customer}",
        subject=name_account(customer),
    )


@require_POST
@require_exporter
def export_guest(request, pk):
    """All that the shop surely has about the guest who had this conversation."""
    conversation = get_object_or_404(Conversation, pk=pk)
    page = reverse("desk-guest", args=[pk])
    if conversation.user_id is not None:  # the guest has signed in since
        return redirect(page)
    return _send_export(request, find_exported_guest(conversation), page, f"guest-{pk}", conversation_id=pk)


def _send_export(
    request: HttpRequest, customer: ExportedCustomer, page: str, name: str, **recorded: Any
) -> HttpResponseBase:
    """The file, or the page again with a sentence on why there is none."""
    try:
        pieces = build_archive(customer)
    except ExportFailed as failure:
        told = _("Nothing was exported: the data of “%(app)s” could not be read. The server’s log says why.")
        messages.error(request, told % {"app": failure})
        return redirect(page)
    record_event("customer_exported", staff=request.user, **recorded)
    response = StreamingHttpResponse(read_on_thread(pieces), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate()}.zip"'
    return response


def _render_page(request: Any, page: CustomerPage, export_address: str) -> Any:
    search = page.user.get_username() if page.user else page.email
    changelist = reverse("admin:conversations_conversation_changelist")
    context = admin.site.each_context(request) | {
        "title": page.name,
        "customer": page,
        "all_conversations": f"{changelist}?{urlencode({'q': search})}" if search else "",
        "export_address": export_address if can_export(request.user) else "",
        "may_change_account": page.user is not None and request.user.has_perm("auth.view_user"),
    }
    return render(request, "desk/customers/page.html", context)
