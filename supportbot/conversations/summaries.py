"""Long conversations: which of the oldest turns a summary takes the place of, and when."""

from collections.abc import Sequence
from itertools import accumulate

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Length

from supportbot.assistant.messages import Message
from supportbot.assistant.window import tokens

from . import errands
from .models import Conversation, Errand, Turn

SUMMARY = "summary"
KEPT_TURNS = 6  # the newest ones, which are told as they were


def is_due(history: Sequence[Message]) -> bool:
    """Whether what the model was sent has grown so long that its oldest part should be summed up."""
    env = settings.ENVIRONMENT
    if not (env.llm_summarise_tokens and env.llm_background):
        return False
    is_many = len(history) > env.llm_window_messages * 3 // 4
    return is_many or sum(map(tokens, history)) > env.llm_summarise_tokens


def ask_for(conversation: Conversation) -> None:
    """Have all but the newest turns summed up, unless that is under way; as much at once as a window holds."""
    if Errand.objects.filter(name=SUMMARY, conversation=conversation).exists():
        return
    turns = conversation.turns.filter(pk__gt=conversation.summary_until or 0).order_by("pk")
    older = list(turns.values_list("pk", flat=True))[:-KEPT_TURNS]
    if not older:
        return
    sizes = _sizes(turns)
    if len(older) < KEPT_TURNS and sum(sizes[pk] for pk in older) < _worth_it():
        return  # or each turn of a conversation with long messages would buy a summary
    # Well within a window: what did not fit into it would be taken for summed up.
    room = settings.ENVIRONMENT.llm_window_tokens * 3 // 4
    fitting = sum(size <= room for size in accumulate(sizes[pk] for pk in older))
    until = older[max(fitting, 1) - 1]
    errands.put(SUMMARY, f"{conversation.pk}:{until}", conversation.pk, Turn.objects.get(pk=until))


def _worth_it() -> int:
    return settings.ENVIRONMENT.llm_summarise_tokens // 4


def _sizes(turns: QuerySet[Turn]) -> dict[int, int]:
    """About how many tokens it takes to tell of each turn, with what its tools were asked and returned."""
    texts = turns.annotate(many=Count("messages"), size=Sum(Length("messages__text"), default=0))
    sizes = {pk: size // 3 + 10 * many for pk, many, size in texts.values_list("pk", "many", "size")}
    calls = turns.filter(messages__tool_calls__isnull=False).annotate(
        many=Count("messages__tool_calls"),
        asked=Sum(Length("messages__tool_calls__arguments"), default=0),
        told=Sum(Length("messages__tool_calls__result"), default=0),
    )
    for pk, many, asked, told in calls.values_list("pk", "many", "asked", "told"):
        sizes[pk] += (asked + told) // 3 + 30 * many
    return sizes
