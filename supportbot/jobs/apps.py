from django.apps import AppConfig

from .registry import JobKind, collect_job_kinds


class JobsConfig(AppConfig):
    name = "supportbot.jobs"
    label = "jobs"
    verbose_name = "Background jobs"

    kinds: dict[str, JobKind]

    def ready(self) -> None:
        self.kinds = collect_job_kinds()
