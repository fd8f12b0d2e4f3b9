"""The background job of the desk: one mail to staff when the tokens of a day are spent."""

from supportbot.jobs.mail_jobs import MAIL_TIMEOUT_SECONDS, build_message_id
from supportbot.jobs.registry import ClaimedJob, job
from supportbot.server.executors import run_in_tool_thread

from .budget_alerts import mail_budget_alert

ALERT_MAX_ATTEMPTS = 30  # about a day: then there are new tokens


@job(timeout_seconds=MAIL_TIMEOUT_SECONDS, max_attempts=ALERT_MAX_ATTEMPTS)
async def send_budget_alert(claimed: ClaimedJob) -> None:
    """Mail staff about the budget that the job's key names. Raises OSError when the mail cannot be sent."""
    await run_in_tool_thread(mail_budget_alert, claimed.key, build_message_id(claimed))
