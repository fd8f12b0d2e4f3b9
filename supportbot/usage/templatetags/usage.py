"""What the models used, as staff read it."""

from django import template

from ..failure_words import describe_failure
from ..models import Outage
from ..summaries import format_dollars, format_time_between, summarise_usage

register = template.Library()

register.filter("failure_words", describe_failure)
register.filter("dollars", format_dollars)
register.filter("seconds", format_time_between)
register.inclusion_tag("admin/usage/_summary.html", name="usage_summary")(summarise_usage)


@register.simple_tag(name="current_outages")
def list_current_outages() -> list[Outage]:
    """The outages that are not over yet: of all models, and of single ones."""
    return list(Outage.objects.filter(ended=None).order_by("model"))
