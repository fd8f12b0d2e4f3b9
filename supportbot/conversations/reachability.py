"""Whether any model answers, as this process sees it. When none does, staff are told once."""

from django.db import transaction

from supportbot.assistant.backends.fallback import AWAY
from supportbot.assistant.messages import ModelError
from supportbot.usage import outages

from . import errands
from .budgets import FREE
from .claims import Work
from .threads import in_database, stored

MANY = 3  # one failure may be an accident

_in_a_row = 0
_answers = False


async def failed(work: Work, error: ModelError) -> None:
    """A turn got no answer."""
    global _in_a_row, _answers
    if error.code not in AWAY or work.backend in FREE:
        return
    _in_a_row, _answers = _in_a_row + 1, False
    if _in_a_row >= MANY or error.code == "key_refused":
        await stored(_note_outage, error.code)


def answered(work: Work) -> None:
    global _in_a_row, _answers
    if work.backend not in FREE:
        _in_a_row, _answers = 0, True


async def tell() -> None:
    """Note that an outage is over, also one that another process noticed. Called now and then, not with every turn."""
    global _answers  # noqa: PLW0603
    if _answers:
        _answers = not await in_database(outages.over)


@transaction.atomic
def _note_outage(code: str) -> None:
    outage = outages.failed(code)
    if outage is not None:
        errands.put(errands.ALERT, str(outage.pk))
