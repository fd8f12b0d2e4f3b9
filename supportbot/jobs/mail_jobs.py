"""What the kinds of jobs that send a mail have in common, whichever app they are of."""

from django.conf import settings
from django.utils.crypto import salted_hmac

from .registry import DEFAULT_TIMEOUT_SECONDS, ClaimedJob

# In which a mail server that has a mail must say so. Many look for spam first; whoever does not wait sends it again.
ANSWER_SECONDS = 300.0
# A run that is ended earlier is tried again while its thread still sends.
MAIL_TIMEOUT_SECONDS = ANSWER_SECONDS + DEFAULT_TIMEOUT_SECONDS


def build_message_id(claimed: ClaimedJob) -> str:
    """The same one in every attempt, so a mail that is sent twice is one to who gets it. No other job has it."""
    signed = f"{claimed.kind}:{claimed.key}:{claimed.id}"
    digest = salted_hmac("supportbot.jobs.mail_jobs", signed, algorithm="sha256").hexdigest()
    return f"<{digest[:32]}@{get_mail_host()}>"


def build_id_header(message_id: str) -> dict[str, str]:
    """For a mail of a job. A mail without an id of ours is given one by Django, each time another."""
    return {"Message-ID": message_id} if message_id else {}


def get_mail_host() -> str:
    """The part behind the @ of the ids of our mails."""
    return settings.ENVIRONMENT.mail_address.rpartition("@")[2] or "supportbot.invalid"
