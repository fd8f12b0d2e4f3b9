"""The background job of outages: one mail to staff when no model answers."""

from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS, build_message_id
from supportbot.jobs.registry import ClaimedJob, job
from supportbot.server.executors import run_in_tool_thread

from .outages import mail_alert

ALERT_MAX_ATTEMPTS = 180  # about a week: staff must learn of it


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=ALERT_MAX_ATTEMPTS)
async def send_outage_alert(claimed: ClaimedJob) -> None:
    """Mail staff about the outage whose primary key is the job's key. Raises OSError when the mail cannot be sent."""
    await run_in_tool_thread(mail_alert, claimed.key, build_message_id(claimed))
