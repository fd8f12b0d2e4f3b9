"""The system prompt in versions: each turn names the one that it was answered with."""

from functools import lru_cache

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from supportbot.compiled_queries import CompiledQuery

DEFAULT_TONE = "Friendly and short: a few sentences, a short list where it helps."
DEFAULT_LANGUAGES = "Write in the customer's language."
DEFAULT_POLICIES = (
    "- Open a ticket with create_ticket when the customer complains, reports damage, or needs something that only a "
    "person can do. Tell them the ticket's number.\n"
    "- When the customer wants a person, call request_human. Say nothing about what happens next: the system tells "
    "them.\n"
    "- If you do not know, say so and offer to hand over to a person."
)
DEFAULT_TOOL_RULES = (
    "- When you lack something that a tool needs, such as the order number, ask for it in one short question."
)


class PromptQuerySet(models.QuerySet["Prompt"]):
    def get_current(self) -> "Prompt | None":
        """The published version that new turns get, None until staff published one."""
        return CURRENT_PROMPT.fetch_first()


class Prompt(models.Model):
    """A version of the prompt. It can be changed until it is published; staff go back to one by publishing it again."""

    company = models.CharField(
        _("company"), max_length=100, blank=True, help_text=_("Leave empty to use COMPANY_NAME.")
    )
    tone = models.TextField(_("tone"), default=DEFAULT_TONE, blank=True)
    languages = models.TextField(_("languages"), default=DEFAULT_LANGUAGES, blank=True)
    policies = models.TextField(
        _("policies"),
        default=DEFAULT_POLICIES,
        blank=True,
        help_text=_("What the shop does and does not do."),
    )
    tool_rules = models.TextField(_("rules for tools"), default=DEFAULT_TOOL_RULES, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("What was changed, and why."))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("author"),
        null=True,
        blank=True,
        editable=False,
    )
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    published = models.DateTimeField(_("published"), null=True, blank=True, editable=False, db_index=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        verbose_name = _("prompt")
        verbose_name_plural = _("prompts")
        ordering = ["-pk"]
        permissions = [("publish_prompt", "Can publish a version of the prompt")]

    def __str__(self) -> str:
        return gettext("Version %(number)s") % {"number": self.pk} if self.pk else gettext("Built-in version")

    def render_system_text(self, customer: str) -> str:
        """The system prompt. `customer` is the first name of whoever is signed in, empty for a guest."""
        rules = (self.tone, self.languages, self.policies, self.tool_rules)
        return _render_system_text(self.company or settings.COMPANY_NAME, customer, *rules)

    def publish(self) -> None:
        """Use this version for new turns from now on."""
        self.published = timezone.now()
        self.save(update_fields=["published"])


CURRENT_PROMPT = CompiledQuery(
    Prompt, [], lambda: Prompt.objects.exclude(published=None).order_by("-published")[:1]
)


@lru_cache(maxsize=256)
def _render_system_text(company: str, customer: str, *rules: str) -> str:
    """The same for the tone, languages, policies and rules for tools: each turn of a customer begins with it."""
    names = ("tone", "languages", "policies", "tool_rules")
    prompt = dict(zip(names, rules, strict=True))
    return render_to_string(
        "chat/system_prompt.txt", {"company": company, "customer": customer, "prompt": prompt}
    )
