"""Which models answer, as this process sees it. When none does, or one refuses to, staff are told once."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction

from supportbot import model_backends
from supportbot.assistant.errors import ERROR_TRAITS, ErrorCode, ModelError
from supportbot.jobs.queue import enqueue
from supportbot.server.executors import on_database_thread
from supportbot.server.process import process
from supportbot.usage import outages
from supportbot.usage.jobs import send_outage_alert

from ..limits.token_budgets import UNMETERED_BACKENDS
from ..turns import TurnLease

FAILURE_THRESHOLD = 3  # one failure may be an accident


@dataclass
class ModelHealth:
    """How the site's model did lately.

    `is_healthy` is None as long as nobody knows, and `has_answered` says whether it has ever answered. In a process
    that only tries something out it is not `is_enabled`: what fails there says nothing about the site.
    """

    consecutive_failures: int = 0
    is_healthy: bool | None = None
    has_answered: bool = False
    is_enabled: bool = True
    # What staff were told of each of several models; None when it answers and that is noted too.
    refusals: dict[str, ErrorCode | None] = field(default_factory=dict)
    has_seen_settings: bool = False

    @property
    def answered_last(self) -> bool:
        """Whether some model answered the last turn."""
        return self.has_answered and not self.consecutive_failures


def disable() -> None:
    """What fails in this process from now on says nothing about the site."""
    process.get(ModelHealth).is_enabled = False


async def record_failure(lease: TurnLease, error: ModelError) -> None:
    """A turn got no answer. After several in a row, an outage begins."""
    traits = ERROR_TRAITS[error.code]
    if not traits.is_outage or not _counts_turn(lease):
        return
    health = process.get(ModelHealth)
    health.consecutive_failures += 1
    # A refusal for no reason that is known: of this one conversation where others were answered, else of all.
    is_lasting = traits.is_permanent or (error.code == ErrorCode.REQUEST_REFUSED and not health.has_answered)
    health.is_healthy = False
    if health.consecutive_failures >= FAILURE_THRESHOLD or is_lasting:
        await open_outage(error.code)


def record_success(lease: TurnLease) -> None:
    """A turn was answered: the failures in a row are over. An outage is closed later, by the housekeeping."""
    if _counts_turn(lease):
        health = process.get(ModelHealth)
        health.consecutive_failures, health.is_healthy, health.has_answered = 0, True, True


async def close_outage_if_recovered() -> None:
    """Note that an outage is over, also one that another process noticed. Called now and then, not with every turn."""
    health = process.get(ModelHealth)
    if health.is_healthy is None:
        # Whatever model was away, a site that needs none does not need it any longer.
        health.is_healthy = settings.LLM_BACKEND in UNMETERED_BACKENDS
    if health.is_healthy:
        health.is_healthy = not await outages.close_quiet_outage()


async def report_single_models() -> None:
    """Have staff told of a model that refuses whatever it is asked while another one answers. Called now and then."""
    health = process.get(ModelHealth)
    if not health.is_enabled:
        return
    if not health.has_seen_settings:
        await outages.close_outages_of_other_models(model_backends.list_model_labels(settings.LLM_BACKEND))
        health.has_seen_settings = True
    for model, state in model_backends.list_model_states(settings.LLM_BACKEND).items():
        is_told, is_noted = health.refusals.get(model) is not None, model in health.refusals
        # When no model answers, that is what staff are told.
        if state.refusal and health.answered_last and not is_told:
            await open_outage(state.refusal, model)
            health.refusals[model] = state.refusal
        is_over = state.has_answered and not state.refusal and (is_told or not is_noted)
        if is_over and await outages.close_quiet_outage(model):
            health.refusals[model] = None


@on_database_thread(repeat=True)
@transaction.atomic
def open_outage(code: str, model: str = "") -> None:
    """Note the failure, of all models or of one, and have staff told if an outage begins with it."""
    outage = outages.record_failure(code, model)
    if outage is not None:
        enqueue(send_outage_alert.name, str(outage.pk))


def _counts_turn(lease: TurnLease) -> bool:
    """Whether the turn says something about the provider that the site needs."""
    is_of_site = lease.backend == settings.LLM_BACKEND and lease.backend not in UNMETERED_BACKENDS
    return process.get(ModelHealth).is_enabled and is_of_site
