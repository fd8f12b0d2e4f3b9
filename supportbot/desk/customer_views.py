"""One page for each customer in admin. Who may read conversations sees it, and that they did is on record."""

from typing import Any

from django.contrib import admin
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from supportbot.audit.recording import record_reading
from supportbot.conversations.models import Conversation

from .admin_log import name_account
from .customers import CustomerPage, load_account_page, load_guest_page
from .rights import require_reader


@require_safe
@never_cache
@admin.site.admin_view
@require_reader
def show_account(request, customer):
    """The page of an account."""
    page = load_account_page(customer, request.user.has_perm)
    if page is None:
        raise Http404
    record_reading(request.user, None, action="read_customer", subject=name_account(customer))
    return _render_page(request, page)


@require_safe
@never_cache
@admin.site.admin_view
@require_reader
def show_guest(request, pk):
    """The page of the guest who had this conversation."""
    conversation = get_object_or_404(Conversation.objects.select_related("user"), pk=pk)
    if conversation.user_id is not None:  # the guest has signed in since
        return redirect("desk-customer", conversation.user_id)
    page = load_guest_page(conversation, request.user.has_perm)
    record_reading(request.user, conversation.pk, action="read_customer")
    return _render_page(request, page)


def _render_page(request: Any, page: CustomerPage) -> Any:
    search = page.user.get_username() if page.user else page.email
    changelist = reverse("admin:conversations_conversation_changelist")
    context = admin.site.each_context(request) | {
        "title": page.name,
        "customer": page,
        "all_conversations": f"{changelist}?{urlencode({'q': search})}" if search else "",
        "may_change_account": page.user is not None and request.user.has_perm("auth.view_user"),
    }
    return render(request, "desk/customer.html", context)
