"""Staff see how customers rated what they did, with the words, on the conversation's page and on the ticket's."""

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from supportbot.conversations.models import Conversation, Rating
from tickets.models import Ticket


def test_staff_see_what_was_said_and_of_which_ticket(db):
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))
    talk = Conversation.objects.create(guest_key="g", last_seq=1)
    ticket = Ticket.objects.create(number="TKT-00000001", issue="Late", conversation=talk)
    Rating.objects.create(conversation=talk, handler="staff")
    said = Rating(
        conversation=talk, handler="staff", ticket=ticket.number, is_good=False, words="<i>Slow</i>"
    )
    said.rated = timezone.now()
    said.save()

    for model, pk in (("conversations_conversation", talk.pk), ("tickets_ticket", ticket.pk)):
        page = client.get(reverse(f"admin:{model}_change", args=[pk])).content.decode()
        assert page.count("given-rating") == 1, "what was not answered is no rating"
        assert "Not good" in page
        assert "&lt;i&gt;Slow&lt;/i&gt;" in page
