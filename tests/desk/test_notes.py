"""Internal notes: the team reads them in the order of time, and no customer and no model ever does."""

from django.urls import reverse

from supportbot.audit.models import AuditEvent
from supportbot.conversations import turns
from supportbot.desk.live.notes import add_note
from supportbot.desk.models import Note
from tests.conversations.markup import parse

SECRET = "The carrier lost it."


async def test_a_note_shows_at_once_to_all_of_the_team_and_never_to_the_customer(
    page, desk, sams_desk, model
):
    client_id = await desk.act("note", text=SECRET)

    for staff in (desk, sams_desk):
        await staff.until(lambda staff: staff.notes)
        assert staff.notes == [SECRET]
    assert any(part.attributes.get("data-client-id") == client_id for part in desk.parts.values())
    model.say("It is on its way.")
    await page.ask("Where is it?")
    assert not any(SECRET in frame for frame in page.frames)
    assert SECRET not in str(model.requests[0].body)


async def test_nothing_of_the_conversation_tells_the_customer_of_a_note(page, desk, chat):
    before = (chat.revision, chat.updated)

    await desk.act("note", text=SECRET)
    await desk.until(lambda desk: desk.notes)

    await chat.arefresh_from_db()
    assert (chat.revision, chat.updated) == before


async def test_a_note_that_is_sent_twice_is_stored_once(desk):
    for _ in range(2):
        await desk.request(action="note", text=SECRET, client_id="same")
    await desk.until(lambda desk: desk.notes)
    await desk.request(action="ping")
    await desk.take_all()

    assert await Note.objects.acount() == 1


async def test_who_wrote_a_note_deletes_it_from_all_pages_and_that_is_on_record(desk, sams_desk, agent):
    await desk.act("note", text=SECRET)
    for staff in (desk, sams_desk):
        await staff.until(lambda staff: staff.notes)
    note = await Note.objects.aget()
    assert desk.parts[f"note-{note.pk}"].all("button", data_delete_note=str(note.pk))
    assert not sams_desk.parts[f"note-{note.pk}"].all("button")

    await sams_desk.act("delete_note", note=note.pk)  # whose it is not
    await sams_desk.take_all()
    assert await Note.objects.aexists()
    await desk.act("delete_note", note=note.pk)

    for staff in (desk, sams_desk):
        await staff.shows(
            "note-ids", lambda part: part["data-until"] == str(note.pk) and not part["data-left"]
        )
    assert [event.actor_id async for event in AuditEvent.objects.filter(action="note_deleted")] == [agent.pk]


def test_who_has_the_longest_name_writes_notes_too(transactional_db, chat, agent):
    agent.first_name, agent.last_name = "F" * 150, "L" * 150
    agent.save()

    add_note.run_sync(chat.pk, agent, SECRET, "n1")

    note = chat.notes.get()
    note.full_clean()
    assert note.author_name == agent.first_name


def test_notes_stand_where_they_were_written_in_the_page(transactional_db, chat, agent, agents):
    turns.take_over.run_sync(chat.pk, agent.pk)
    add_note.run_sync(chat.pk, agent, "first note", "n1")
    turns.post_staff_message.run_sync(chat.pk, agent.pk, "A reply", "r1")
    add_note.run_sync(chat.pk, agent, "second note", "n2")

    address = reverse("admin:conversations_conversation_change", args=[chat.pk])
    page = parse(agents.client.get(address).content.decode())

    log = next(each for each in page.all("div") if each.attributes.get("id") == "log")
    said = " ".join(log.text.split())
    assert said.index("first note") < said.index("A reply") < said.index("second note")


def test_no_page_and_no_download_of_the_customer_holds_a_note(transactional_db, chat, agent, alices):
    turns.take_over.run_sync(chat.pk, agent.pk)
    add_note.run_sync(chat.pk, agent, SECRET, "n1")

    for path in ("", "transcript.txt", "transcript.json", "earlier/?before=999"):
        response = alices.client.get(f"{chat.get_absolute_url()}{path}")
        assert response.status_code == 200
        assert SECRET not in response.content.decode()
