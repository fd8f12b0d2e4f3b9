"""What a model was asked for, in words for staff."""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

ANSWER = "answer"


def describe_purpose(purpose: str) -> str:
    """“Answer”, or the label of a question; one whose app is gone is told by its name."""
    if purpose == ANSWER:
        return _("Answer")
    config: Any = apps.get_app_config("conversations")
    question = config.questions.get(purpose)
    return str(question.label) if question else purpose.replace("_", " ").capitalize()
