"""The mails from and to a customer of which rows are kept. What they said stands in their conversations."""

from django.db.models import F

from supportbot.assistant.customer_exports import ExportedCustomer, Rows, customer_export

from .models import IncomingMail, SentMail


@customer_export("mails_received")
def export_received_mails(customer: ExportedCustomer) -> Rows:
    """Those that were posted in a conversation. Of the others nobody knows whether the customer wrote them."""
    posted = IncomingMail.objects.filter(
        conversation__in=customer.conversations, outcome__in=IncomingMail.POSTED_OUTCOMES
    )
    rows = posted.order_by("pk").values(
        "received", "sender", "sender_name", "subject", "text", attachments_not_kept=F("left_out")
    )
    return rows.iterator()


@customer_export("mails_sent")
def export_sent_mails(customer: ExportedCustomer) -> Rows:
    sent = SentMail.objects.filter(conversation__in=customer.conversations)
    return sent.order_by("pk").values("kind", at=F("created"), to=F("email")).iterator()
