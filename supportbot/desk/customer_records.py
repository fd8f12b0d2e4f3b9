"""What customers said of how it was, for their page."""

from django.db.models import Count, Q, Window
from django.urls import reverse
from django.utils.translation import gettext as _

from supportbot.assistant.customer_records import CustomerOnRecord, Record, Records, customer_record
from supportbot.conversations.models import Rating

SHOWN_RATINGS = 10


@customer_record("conversations.view_conversation")
def list_ratings(customer: CustomerOnRecord) -> Records:
    theirs = (
        Q(conversation__user=customer.user)
        if customer.user
        else Q(conversation__in=customer.conversations, conversation__user=None)
    )
    given = Rating.objects.filter_given().filter(theirs).order_by("-rated")
    newest = list(given.annotate(total=Window(Count("*")))[:SHOWN_RATINGS])
    return Records(
        title=_("Ratings"),
        columns=(_("Rating"), _("When"), _("Handled by"), _("In their words")),
        rows=tuple(
            Record(
                _("Good") if rating.is_good else _("Not good"),
                reverse("admin:conversations_conversation_change", args=[rating.conversation_id]),
                (
                    rating.rated,
                    rating.get_handler_display(),
                    rating.words,
                ),
            )
            for rating in newest
        ),
        total=newest[0].total if newest else 0,
    )
