"""What a provider keeps of an answer goes with the conversation: a message has its handle, or it is deleted at once."""

from supportbot.assistant.messages import Message as Answer
from supportbot.jobs.queue import enqueue
from supportbot.server.executors import on_database_thread

from ..models import Message

# A kind of job of `conversations.jobs`.
DELETION_JOB_KIND = "delete_from_provider"


def keep_provider_state(message: Message, answer: Answer) -> None:
    """Keep with a stored message what its provider needs of it again."""
    message.handle = answer.handle
    message.provider_fields = answer.provider_fields.as_json() if answer.provider_fields else {}


@on_database_thread(repeat=True)
def delete_provider_state(conversation_id: int, answer: Answer) -> None:
    """Have the provider delete an answer, unless a message of the conversation has its handle after all."""
    kept = Message.objects.filter(conversation=conversation_id, handle=answer.handle)
    if answer.handle and not kept.exists():
        enqueue(DELETION_JOB_KIND, answer.handle)
