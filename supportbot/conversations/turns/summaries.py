"""Long conversations: which of the oldest turns a summary takes the place of, and when."""

from collections.abc import Sequence
from itertools import accumulate

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Length

from supportbot.assistant.messages import Message
from supportbot.assistant.window import estimate_tokens
from supportbot.jobs.models import Job

from ..models import Conversation, Turn
from ..questions import summary
from .background_questions import JOB_KIND, enqueue_question
from .model_input import MAX_HISTORY_TURNS

UNSUMMARISED_TURNS = 6  # the newest ones, which the model is sent word for word


def needs_summary(history: Sequence[Message]) -> bool:
    """Whether what the model was sent has grown so long that its oldest part should be summed up."""
    env = settings.ENVIRONMENT
    if not (env.llm_summarise_tokens and env.llm_background):
        return False
    is_many = len(history) > min(env.llm_window_messages, 2 * MAX_HISTORY_TURNS) * 3 // 4
    return is_many or sum(map(estimate_tokens, history)) > _get_max_history_tokens()


def _get_max_history_tokens() -> int:
    """Well within a window, whatever is set: what did not fit into it would be lost before it is summed up."""
    env = settings.ENVIRONMENT
    return int(min(env.llm_summarise_tokens, env.llm_window_tokens * 3 // 4))


def enqueue_summary(conversation: Conversation) -> None:
    """Have all but the newest turns summed up, unless that is under way; as much at once as a window holds."""
    queued = Job.objects.filter(kind=JOB_KIND, key__startswith=f"{summary.name}:")
    if queued.filter(conversation=conversation).exists():
        return
    turns = conversation.turns.filter(pk__gt=conversation.summarised_through or 0).order_by("pk")
    older = list(turns.values_list("pk", flat=True))[:-UNSUMMARISED_TURNS]
    if not older or _is_too_early_again(conversation, older):
        return
    sizes = _estimate_turn_tokens(turns)
    if len(older) < UNSUMMARISED_TURNS and sum(sizes[pk] for pk in older) < _get_min_summary_tokens():
        return  # or each turn of a conversation with long messages would buy a summary
    # Well within a window: what did not fit into it would be taken for summed up.
    room = settings.ENVIRONMENT.llm_window_tokens * 3 // 4
    fitting = sum(size <= room for size in accumulate(sizes[pk] for pk in older))
    until = older[max(fitting, 1) - 1]
    enqueue_question(conversation.pk, summary, f"{conversation.pk}:{until}", last_turn_id=until)
    Conversation.objects.filter(pk=conversation.pk).update(summary_tried_through=until)


def _is_too_early_again(conversation: Conversation, older: Sequence[int]) -> bool:
    """Whether the last summary came to nothing and little was said since: each message would buy another one."""
    tried = conversation.summary_tried_through or 0
    has_failed = tried > (conversation.summarised_through or 0)
    return has_failed and sum(pk > tried for pk in older) < UNSUMMARISED_TURNS


def _get_min_summary_tokens() -> int:
    return _get_max_history_tokens() // 4


def _estimate_turn_tokens(turns: QuerySet[Turn]) -> dict[int, int]:
    """About how many tokens each turn takes in a transcript, by its id, with its tool calls and their results.

    A token is taken for three characters, a message for ten tokens more, and a tool call for thirty.
    """
    texts = turns.annotate(many=Count("messages"), size=Sum(Length("messages__text"), default=0))
    sizes = {pk: size // 3 + 10 * many for pk, many, size in texts.values_list("pk", "many", "size")}
    calls = turns.filter(messages__tool_calls__isnull=False).annotate(
        many=Count("messages__tool_calls"),
        arguments=Sum(Length("messages__tool_calls__arguments"), default=0),
        results=Sum(Length("messages__tool_calls__result"), default=0),
    )
    for pk, many, arguments, results in calls.values_list("pk", "many", "arguments", "results"):
        sizes[pk] += (arguments + results) // 3 + 30 * many
    return sizes
