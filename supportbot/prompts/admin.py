"""Where staff who may do so write the prompt: they draft a version, try it, publish it, and go back to older ones."""

import hashlib
import json
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from supportbot.concurrent_edits import ConcurrentEditAdmin, ConcurrentEditForm, normalise_text

from .models import Prompt
from .trial import QUESTION_MAX_CHARS, run_trial

WRITTEN_FIELDS = ("company", "tone", "languages", "policies", "tool_rules", "note")


class PromptForm(ConcurrentEditForm):
    """What is published is what its reader saw."""

    action_names = ["_publish"]


@admin.register(Prompt)
class PromptAdmin(ConcurrentEditAdmin):
    form = PromptForm
    list_display = ["__str__", "note", "author", "created", "published", "is_current"]
    list_select_related = ["author"]
    fields = WRITTEN_FIELDS

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/try/", wrap(self.try_view), name="prompts_prompt_try"),
            path("<int:pk>/publish/", wrap(require_POST(self.publish_view)), name="prompts_prompt_publish"),
            path("<int:pk>/draft/", wrap(require_POST(self.draft_view)), name="prompts_prompt_draft"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        newest = Prompt.objects.exclude(published=None).order_by("-published").values("pk")[:1]
        return super().get_queryset(request).annotate(in_use=Subquery(newest))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        has_published = Prompt.objects.get_current() is not None
        return super().changelist_view(request, {**(extra_context or {}), "has_published": has_published})

    @admin.display(boolean=True, description=_("in use"))
    def is_current(self, prompt: Any) -> bool:
        return prompt.pk == prompt.in_use

    def has_change_permission(self, request: HttpRequest, obj: Prompt | None = None) -> bool:
        """A published version is never changed, because turns name it."""
        return super().has_change_permission(request, obj) and (obj is None or obj.published is None)

    def has_delete_permission(self, request: HttpRequest, obj: Prompt | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.published is None)

    def save_model(self, request: HttpRequest, obj: Prompt, form: Any, change: bool) -> None:
        obj.author_id = obj.author_id or request.user.pk
        super().save_model(request, obj, form, change)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Who saves a draft that somebody has published meanwhile finds what they wrote in a new draft."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except PermissionDenied:
            prompt = self._store_as_draft(request, object_id)
            if prompt is None:
                raise
        if prompt.published is None:
            told = gettext(
                "Meanwhile somebody has published that version, so it stays as it is. What you wrote is in this one."
            )
            messages.warning(request, told)
        return redirect(_get_change_url(prompt))

    @transaction.atomic
    def _store_as_draft(self, request: HttpRequest, object_id: str | None) -> Prompt | None:
        """What the form of a draft sent, as a draft of its own; None if it was no such form.

        The published version itself if it says the same, as it does after a second press of “Publish”.
        """
        prompt = self.get_object(request, object_id) if object_id else None
        is_of_draft = "initial-note" in request.POST  # the page of a published version has no form
        if (
            prompt is None
            or prompt.published is None
            or not is_of_draft
            or not self.has_add_permission(request)
        ):
            return None
        form: Any = self.get_form(request)(request.POST)
        if not form.is_valid():
            return None
        draft: Prompt = form.save(commit=False)
        if _compute_digest(draft) == _compute_digest(prompt):
            return prompt
        self.save_model(request, draft, form, change=False)
        self.log_addition(request, draft, [{"added": {}}])
        return draft

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        prompt = kwargs.get("obj")
        current = Prompt.objects.get_current()
        context |= {
            "is_current": prompt is not None and prompt == current,
            "is_older": prompt is not None and current is not None and prompt.pk < current.pk,
            "may_publish": _may_publish(request),
            "digest": prompt and _compute_digest(prompt),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def response_change(self, request: HttpRequest, obj: Prompt) -> HttpResponse:
        if "_publish" not in request.POST:
            return super().response_change(request, obj)
        _check_may_publish(request)
        return self._publish(request, obj)

    @transaction.atomic
    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish what cannot be changed by whoever reads it, unless somebody else has changed it since."""
        _check_may_publish(request)
        prompt = self.get_object(request, str(pk))
        if prompt is None:
            raise Http404
        digest = _compute_digest(prompt)
        if request.POST.get("shown", digest) != digest:
            told = gettext(
                "Somebody has changed this version since you opened the page, so it was not published. "
                "Please read it again first."
            )
            messages.warning(request, told)
            return redirect(_get_change_url(prompt))
        return self._publish(request, prompt)

    def _publish(self, request: HttpRequest, prompt: Prompt) -> HttpResponse:
        """Use this version for all turns from now on."""
        prompt.publish()
        self.log_change(request, prompt, gettext("Published."))
        messages.success(request, gettext("%(prompt)s is in use now.") % {"prompt": prompt})
        return redirect(_get_change_url(prompt))

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Create a new version with the text of this one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        version = get_object_or_404(Prompt, pk=pk)
        written = {name: getattr(version, name) for name in WRITTEN_FIELDS}
        note = gettext("From version %(number)s: ") % {"number": pk}
        draft = Prompt.objects.create(**written | {"note": note, "author_id": request.user.pk})
        return redirect(_get_change_url(draft))

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the assistant something with this version. Nothing is saved, and only tools that read can be called."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        prompt = get_object_or_404(Prompt, pk=pk)
        question = request.POST.get("question", "").strip()[:QUESTION_MAX_CHARS]
        is_asked = request.method == "POST" and question
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Try version %(number)s") % {"number": pk},
            "opts": self.opts,
            "original": prompt,
            "asked": question,
            "trial": async_to_sync(run_trial)(prompt, question) if is_asked else None,
            "system_text": prompt.render_system_text(""),
        }
        return TemplateResponse(request, "admin/prompts/prompt/try.html", context)


def _may_publish(request: HttpRequest) -> bool:
    return request.user.has_perm("prompts.publish_prompt")


def _check_may_publish(request: HttpRequest) -> None:
    if not _may_publish(request):
        raise PermissionDenied


def _compute_digest(prompt: Prompt) -> str:
    """Of all that staff write in it: with it a page tells which words it has shown."""
    written = [normalise_text(getattr(prompt, name)) for name in WRITTEN_FIELDS]
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()


def _get_change_url(prompt: Prompt) -> str:
    return reverse("admin:prompts_prompt_change", args=[prompt.pk])
