"""The turn as a state machine in the database. Each public function is a transaction and is awaited by its own name:

    change = await turns.submit_message(conversation_id, text, client_id)

It returns what changed as data, a `TurnChange`. `realtime` shows that to whoever watches, after the commit.
"""

from .changes import ChangedTurn, TurnChange, load_changes, load_missed_changes
from .claiming import reload_lease
from .direct_messages import check_direct_message, post_to_team
from .ends import announce_end
from .handoff_sentences import describe_closed_hours
from .interruption import get_tool_registry
from .leases import LEASE_DURATION, NO_MESSAGE, LeaseLost, TurnLease, renew_lease
from .leaving import end_conversation, find_conversations_to_leave, leave_conversation
from .mail_messages import begin_by_mail, note_undeliverable, note_unsent, post_mail, wait_with_mail
from .ownership import (
    cancel_person_request,
    check_person_request,
    close_conversation,
    hand_back,
    request_person,
    take_over,
)
from .ownership_results import OwnershipResult
from .person_messages import (
    has_message,
    is_with_person,
    note_customers_here,
    post_notice,
    post_staff_message,
    store_contact,
)
from .presence_grace import begin_presence_grace, find_return_deadline, note_presence_at_start
from .provider_state import delete_provider_state
from .ratings import dismiss_rating, store_rating
from .recovery import recover_abandoned_turns, release_turn
from .streaming_text import StreamingAnswer, begin_answer, checkpoint, load_streaming_answer
from .submit import submit_message
from .team_words import LastWord, filter_team_words, find_last_word
from .tool_calls import CompletedCall, complete_call, run_tool, store_requested_calls, store_result
from .transfers import assign_conversation, check_assignment, return_to_queue
from .transitions import finish_turn, is_running, request_stop, retry_turn
from .unattended import find_unattended_conversations, wait_for_another_person

__all__ = [
    "LEASE_DURATION",
    "NO_MESSAGE",
    "ChangedTurn",
    "CompletedCall",
    "LastWord",
    "LeaseLost",
    "OwnershipResult",
    "StreamingAnswer",
    "TurnChange",
    "TurnLease",
    "announce_end",
    "assign_conversation",
    "begin_answer",
    "begin_by_mail",
    "begin_presence_grace",
    "cancel_person_request",
    "check_assignment",
    "check_direct_message",
    "check_person_request",
    "checkpoint",
    "close_conversation",
    "complete_call",
    "delete_provider_state",
    "describe_closed_hours",
    "dismiss_rating",
    "end_conversation",
    "filter_team_words",
    "find_conversations_to_leave",
    "find_last_word",
    "find_return_deadline",
    "find_unattended_conversations",
    "finish_turn",
    "get_tool_registry",
    "hand_back",
    "has_message",
    "is_running",
    "is_with_person",
    "leave_conversation",
    "load_changes",
    "load_missed_changes",
    "load_streaming_answer",
    "note_customers_here",
    "note_presence_at_start",
    "note_undeliverable",
    "note_unsent",
    "post_mail",
    "post_notice",
    "post_staff_message",
    "post_to_team",
    "recover_abandoned_turns",
    "release_turn",
    "reload_lease",
    "renew_lease",
    "request_person",
    "request_stop",
    "retry_turn",
    "return_to_queue",
    "run_tool",
    "store_contact",
    "store_rating",
    "store_requested_calls",
    "store_result",
    "submit_message",
    "take_over",
    "wait_for_another_person",
    "wait_with_mail",
]
