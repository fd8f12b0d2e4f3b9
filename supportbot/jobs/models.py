from django.db import models
from django.utils import timezone


class Job(models.Model):
    """Something to be done in the background, kept until it is done.

    Whoever claims it moves `run_after` ahead (the lease), again and again while it runs, and counts `attempts` up; that
    count is its right to end the job, so a process that lost its lease ends nothing. A job whose kind no process knows
    waits until one does.
    """

    kind = models.CharField(max_length=40, help_text="The name of a function that is decorated with @job.")
    key = models.CharField(max_length=350, help_text="What it is about. A kind has a key once.")
    conversation = models.ForeignKey(
        "conversations.Conversation", models.CASCADE, null=True, related_name="jobs"
    )
    last_turn = models.ForeignKey(
        "conversations.Turn", models.CASCADE, null=True, help_text="The last turn that it is about."
    )
    run_after = models.DateTimeField(default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reservation = models.JSONField(default=dict, help_text="The tokens set aside for it: of whom, and when.")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_job_a_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
