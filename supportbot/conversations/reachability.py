"""Whether any model answers, as this process sees it. When none does, staff are told once."""

from django.conf import settings
from django.db import transaction

from supportbot.assistant.backends.fallback import AWAY
from supportbot.assistant.messages import ModelError
from supportbot.usage import outages

from . import errands
from .budgets import FREE
from .claims import Work
from .threads import in_database, stored

MANY = 3  # one failure may be an accident
LASTING = ("key_refused", "no_model")  # none of these is, so staff are told of the first one

_in_a_row = 0
_answers: bool | None = None  # nobody knows yet
_looks_away = False


def look_away() -> None:
    """What fails or answers in this process is only tried out, and says nothing about the site."""
    global _looks_away  # noqa: PLW0603
    _looks_away = True


async def failed(work: Work, error: ModelError) -> None:
    """A turn got no answer."""
    global _in_a_row, _answers
    if error.code not in AWAY or not _tells(work):
        return
    _in_a_row, _answers = _in_a_row + 1, False
    if _in_a_row >= MANY or error.code in LASTING:
        await stored(_note_outage, error.code)


def answered(work: Work) -> None:
    global _in_a_row, _answers
    if _tells(work):
        _in_a_row, _answers = 0, True


async def tell() -> None:
    """Note that an outage is over, also one that another process noticed. Called now and then, not with every turn."""
    global _answers  # noqa: PLW0603
    if _answers is None:
        _answers = settings.LLM_BACKEND in FREE  # whatever was away, the site needs it no more
    if _answers:
        _answers = not await in_database(outages.over)


def _tells(work: Work) -> bool:
    """Whether the turn says something about the provider that the site needs."""
    return not _looks_away and work.backend == settings.LLM_BACKEND and work.backend not in FREE


@transaction.atomic
def _note_outage(code: str) -> None:
    outage = outages.failed(code)
    if outage is not None:
        errands.put(errands.ALERT, str(outage.pk))
