"""What the model is told to be, in versions: each turn names the one that it was answered with."""

from django.conf import settings
from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone

DEFAULT_TONE = "Friendly and short: a few sentences, a short list where it helps."
DEFAULT_LANGUAGES = "Write in the customer's language."
DEFAULT_POLICIES = (
    "- Open a ticket with create_ticket when the customer complains, reports damage, or needs something that only a "
    "person can do. Tell them the ticket's number.\n"
    "- When the customer wants a person, open a ticket that says so and tell them that a colleague will get back "
    "to them.\n"
    "- If you do not know, say so and offer to pass the question on."
)
DEFAULT_TOOL_RULES = (
    "- When you lack something that a tool needs, such as the order number, ask for it in one short question."
)


class PromptQuerySet(models.QuerySet):
    def get_current(self) -> "Prompt | None":
        """The published version that new turns get, None until staff published one."""
        return self.exclude(published=None).order_by("-published").first()


class Prompt(models.Model):
    """A version. It can be changed until it is published, and an older one is gone back to by publishing it again."""

    company = models.CharField(max_length=100, blank=True, help_text="Empty: COMPANY_NAME of the settings.")
    tone = models.TextField(default=DEFAULT_TONE, blank=True)
    languages = models.TextField(default=DEFAULT_LANGUAGES, blank=True)
    policies = models.TextField(
        default=DEFAULT_POLICIES, blank=True, help_text="What the shop does and does not do."
    )
    tool_rules = models.TextField("rules for tools", default=DEFAULT_TOOL_RULES, blank=True)
    note = models.CharField(max_length=200, blank=True, help_text="What was changed, and why.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False
    )
    created = models.DateTimeField(default=timezone.now, editable=False)
    published = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("publish_prompt", "Can publish a version of the prompt")]

    def __str__(self) -> str:
        return f"Version {self.pk}" if self.pk else "Built-in version"

    def render_system_text(self, customer: str) -> str:
        """What the model is told. `customer` is the first name of who is signed in, empty for a guest."""
        company = self.company or settings.COMPANY_NAME
        return render_to_string(
            "chat/system_prompt.txt", {"company": company, "customer": customer, "prompt": self}
        )

    def publish(self) -> None:
        """From now on new turns get this version."""
        self.published = timezone.now()
        self.save(update_fields=["published"])
