"""The app of the background jobs, which finds the kinds of all apps."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from .registry import JobKind, collect_job_kinds


class JobsConfig(AppConfig):
    name = "supportbot.jobs"
    label = "jobs"
    verbose_name = _("Background jobs")

    kinds: dict[str, JobKind]

    def ready(self) -> None:
        self.kinds = collect_job_kinds()
