"""What is said in the conversation of a ticket, and where its page is."""

from django.urls import reverse

from supportbot.conversations import turns
from supportbot.conversations.models import Conversation, Message, Turn
from tickets.models import Ticket


def say(talk, text="Is there any news?", client_id="c1"):
    turns.submit_message.run_sync(talk.pk, text, client_id, can_start=False)


def reply(talk, agent, text="We looked into it.", client_id="s1", reference=""):
    turns.take_over.run_sync(talk.pk, agent.pk)
    turns.post_staff_message.run_sync(talk.pk, agent.pk, text, client_id, reference=reference)


def say_as_assistant(talk, text="Hello"):
    turn = Turn.objects.create(conversation=talk, state="done")
    Message.objects.create(conversation=talk, turn=turn, seq=talk.last_seq + 1, role="assistant", text=text)
    Conversation.objects.filter(pk=talk.pk).update(last_seq=talk.last_seq + 1)


def page_of(ticket: Ticket) -> str:
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])
