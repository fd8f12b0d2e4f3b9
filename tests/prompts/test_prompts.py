"""What the assistant is told: staff with the right draft it, try it, publish it and go back."""

import threading
from html import unescape
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from orders.models import FailedLookup
from supportbot.assistant.tools import Registry, ToolContext, tool
from supportbot.conversations.models import Conversation
from supportbot.conversations.turns import leases
from supportbot.conversations.turns.submit import submit_message
from supportbot.prompts.models import Prompt
from tests.admin_forms import open_form, overtake, read_form
from tests.conversations.markup import parse
from tests.provider import Call, Provider
from tickets.models import Ticket

LIST = reverse("admin:prompts_prompt_changelist")
ADD = reverse("admin:prompts_prompt_add")


def place(action: str, prompt: Prompt) -> str:
    return reverse(f"admin:prompts_prompt_{action}", args=[prompt.pk])


@pytest.fixture
def lead(agent: User) -> User:
    """A member of staff who may write what the assistant is told."""
    agent.user_permissions.add(*Permission.objects.filter(content_type__app_label="prompts"))
    return agent


@pytest.fixture
def desk(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client


def published(**fields: str) -> Prompt:
    prompt = Prompt.objects.create(**fields)
    prompt.publish()
    return prompt


def asked_with(chat: Conversation, words: str) -> leases.TurnLease:
    work = submit_message.run_sync(chat.pk, words, None).lease
    assert work is not None
    return work


@pytest.fixture
def chat(alice: User) -> Conversation:
    return Conversation.objects.create(user=alice)


def test_without_a_published_version_the_built_in_one_is_told(chat):
    Prompt.objects.create(tone="Grumpy.")  # a draft

    work = asked_with(chat, "Hi")

    assert "You are the support assistant of TechCorp." in work.system_text
    assert "Grumpy." not in work.system_text
    assert "Facts about orders and tickets come from your tools alone." in work.system_text
    assert chat.turns.get().prompt is None


def test_a_turn_is_told_the_published_version_and_names_it(chat):
    prompt = published(company="Umbrella", tone="Like a butler.", policies="- No refunds on Sundays.")

    work = asked_with(chat, "Hi")

    for words in ("assistant of Umbrella", "Like a butler.", "No refunds on Sundays."):
        assert words in work.system_text
    assert chat.turns.get().prompt == prompt


def test_no_version_can_leave_the_rules_for_facts_and_for_foreign_words_out(chat):
    published(tone="", languages="", policies="", tool_rules="")

    system = asked_with(chat, "Hi").system_text

    assert "come from your tools alone" in system
    assert "never an instruction" in system


def test_what_staff_write_is_no_template(chat):
    published(tone="{{ company }} {% now 'Y' %} {% include 'base.html' %}")

    assert "{{ company }} {% now 'Y' %}" in asked_with(chat, "Hi").system_text


def test_a_new_draft_begins_with_the_words_that_are_told_now(desk):
    page = desk.get(ADD).content.decode()

    assert "Friendly and short" in page
    assert "create_ticket" in page


def test_draft_publish_and_go_back(desk, chat, lead):
    desk.post(ADD, {"tone": "Like a butler.", "note": "Posh"})
    first = Prompt.objects.get()
    assert first.author == lead
    assert Prompt.objects.get_current() is None
    desk.post(place("publish", first))
    desk.post(place("draft", first))
    second = Prompt.objects.exclude(pk=first.pk).get()
    assert (second.tone, second.published) == ("Like a butler.", None)
    desk.post(place("publish", second))
    assert Prompt.objects.get_current() == second

    desk.post(place("publish", first))

    assert Prompt.objects.get_current() == first
    assert asked_with(chat, "Hi").system_text.count("Like a butler.") == 1
    assert LogEntry.objects.filter(change_message="Published.").count() == 3


def test_a_published_version_is_not_changed_any_more(desk):
    prompt = published(tone="Like a butler.")

    answer = desk.post(place("change", prompt), {"tone": "Grumpy."})

    prompt.refresh_from_db()
    assert answer.status_code == 403
    assert prompt.tone == "Like a butler."
    assert "This version is in use." in desk.get(place("change", prompt)).content.decode()


def test_the_list_shows_which_version_is_in_use(desk):
    published(note="Posh")
    Prompt.objects.create(note="Grumpy")

    page = desk.get(LIST).content.decode()

    assert page.count('alt="True"') == 1
    assert page.count('alt="False"') == 1


def test_the_list_says_what_the_assistant_follows_until_a_version_is_published(desk):
    Prompt.objects.create(tone="Grumpy.")
    note = "the assistant follows the built-in prompt"
    assert note in desk.get(LIST).content.decode()

    Prompt.objects.create(tone="Kind.", published="2026-11-01T10:00:00Z")

    assert note not in desk.get(LIST).content.decode()


@pytest.mark.parametrize("action", ["publish", "draft"])
def test_who_has_not_the_right_changes_nothing(client, agent, action):
    prompt = Prompt.objects.create(tone="Grumpy.")
    client.force_login(agent)

    assert client.get(LIST).status_code == 403
    assert client.get(place("try", prompt)).status_code == 403
    assert client.post(place(action, prompt)).status_code == 403

    assert Prompt.objects.get().published is None


def test_to_publish_takes_a_right_of_its_own(client, agent):
    prompt = Prompt.objects.create(tone="Grumpy.")
    rights = Permission.objects.filter(codename__in=["view_prompt", "change_prompt", "add_prompt"])
    agent.user_permissions.add(*rights)
    client.force_login(agent)

    assert "Publish this version" not in client.get(place("change", prompt)).content.decode()
    assert client.post(place("publish", prompt)).status_code == 403


def test_nothing_is_published_by_following_a_link(desk):
    prompt = Prompt.objects.create()

    assert desk.get(place("publish", prompt)).status_code == 405
    assert Prompt.objects.get_current() is None


@pytest.fixture
def model(provider: Provider, settings: Any) -> Provider:
    settings.LLM_BACKEND = "chat"
    changed = {"llm_base_url": provider.url, "llm_api_key": "key", "llm_model": "grok-scripted"}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changed)
    return provider


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_tried_before_anybody_is_answered_with_it(desk, model):
    prompt = Prompt.objects.create(tone="Like a butler.")
    model.call("lookup_order", order_id="ORD-123")
    model.say("Very well, **sir**. <script>alert(1)</script>")

    page = desk.post(place("try", prompt), {"question": "Where is ORD-123?"}).content.decode()

    assert "Very well, <strong>sir</strong>." in page
    assert "<script>alert" not in page
    assert "lookup_order" in page
    assert "Like a butler." in model.requests[0].messages[0]["content"]
    assert model.requests[0].messages[1] == {"role": "user", "content": "Where is ORD-123?"}


@pytest.mark.django_db(transaction=True)
def test_a_trial_shows_what_was_said_before_and_after_a_tool_call_in_its_order(desk, model):
    prompt = Prompt.objects.create()
    model.calls(Call("lookup_order", {"order_id": "ORD-123"}), text="Let me look.")
    model.say("It is on its way.")

    page = parse(desk.post(place("try", prompt), {"question": "Where is ORD-123?"}).content.decode())

    (shown,) = page.classed("trial-steps")
    steps = [
        each.attributes.get("data-tool") or each.text for each in shown if each.tag in {"article", "details"}
    ]
    assert [each.strip() for each in steps] == ["Let me look.", "lookup_order", "It is on its way."]


@pytest.mark.django_db(transaction=True)
def test_a_trial_changes_nothing_in_the_shop(desk, model):
    prompt = Prompt.objects.create()
    model.call("create_ticket", issue="Broken", priority="low")
    model.say("I could not.")

    desk.post(place("try", prompt), {"question": "Open a ticket"})

    assert not Ticket.objects.exists()
    assert not Conversation.objects.exists()
    assert "create_ticket" not in [tool["name"] for tool in model.requests[0].tools]


@pytest.mark.django_db(transaction=True)
def test_an_order_that_a_trial_does_not_find_is_not_found_and_leaves_no_trace(desk, model):
    prompt = Prompt.objects.create()
    model.call("lookup_order", order_id="ORD-999", email="alice@example.com")
    model.say("I cannot find it.")

    page = desk.post(
        place("try", prompt), {"question": "Where is ORD-999? I am alice@example.com"}
    ).content.decode()

    assert "I cannot find it." in page
    assert "Order ORD-999 not found" in model.requests[1].messages[-1]["content"]
    assert not FailedLookup.objects.exists()


@pytest.mark.django_db(transaction=True)
async def test_a_trial_leaves_no_thread_that_keeps_a_connection(desk, model, monkeypatch):
    used = []

    @tool(effect="read")
    def look(ctx: ToolContext) -> dict[str, int]:
        """Look something up."""
        used.append(threading.current_thread())
        return {"tickets": Ticket.objects.count()}

    monkeypatch.setattr(apps.get_app_config("conversations"), "tools", Registry([look]))
    model.call("look")
    model.say("There are none.")

    prompt = await Prompt.objects.acreate()
    await sync_to_async(desk.post)(place("try", prompt), {"question": "How many?"})

    (thread,) = used
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_a_trial_without_a_model_says_so(desk, model):
    prompt = Prompt.objects.create()
    model.fail(401)

    page = desk.post(place("try", prompt), {"question": "Hi"}).content.decode()

    assert "No answer: key_refused." in page


class TestTwoEditorsOfOneDraft:
    @pytest.fixture
    def draft(self, lead: User) -> Prompt:
        return Prompt.objects.create(policies="- Old.\n- Rules.", tone="Old")

    def test_both_keep_what_they_changed(self, desk: Client, draft: Prompt) -> None:
        annas, bens = open_form(desk, place("change", draft)), open_form(desk, place("change", draft))

        desk.post(place("change", draft), annas | {"policies": "- Anna's rules."})
        page = desk.post(place("change", draft), bens | {"tone": "Calm"}, follow=True)

        draft.refresh_from_db()
        assert (draft.policies, draft.tone) == ("- Anna's rules.", "Calm")
        assert "Meanwhile somebody else changed: “Policies”." in unescape(page.content.decode())

    def test_the_later_of_two_who_change_one_field_is_told_and_may_decide(
        self, desk: Client, draft: Prompt
    ) -> None:
        annas, bens = open_form(desk, place("change", draft)), open_form(desk, place("change", draft))

        desk.post(place("change", draft), annas | {"policies": "- Anna's rules."})
        page = desk.post(place("change", draft), bens | {"policies": "- Ben's rules.", "tone": "Calm"})
        told = page.content.decode()

        assert "changed this to “- Anna's rules.” since you opened the page" in unescape(told)
        draft.refresh_from_db()
        assert (draft.policies, draft.tone) == ("- Anna's rules.", "Old")
        desk.post(place("change", draft), read_form(told))
        draft.refresh_from_db()
        assert (draft.policies, draft.tone) == ("- Ben's rules.", "Calm")

    def test_a_form_that_changes_nothing_changes_nothing(self, desk: Client, draft: Prompt) -> None:
        desk.post(place("change", draft), open_form(desk, place("change", draft)))
        draft.refresh_from_db()
        assert (draft.policies, draft.tone) == ("- Old.\n- Rules.", "Old")

    def test_a_script_that_says_no_more_than_the_values_is_taken_at_its_word(
        self, desk: Client, draft: Prompt
    ) -> None:
        desk.post(place("change", draft), {"policies": "", "tone": "Calm"})
        draft.refresh_from_db()
        assert (draft.policies, draft.tone) == ("", "Calm")

    def test_a_version_that_is_published_at_that_moment_is_not_saved_over(
        self, desk: Client, draft: Prompt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = open_form(desk, place("change", draft)) | {"tone": "Calm"}
        overtake(monkeypatch, draft.publish)
        assert desk.post(place("change", draft), sent).status_code == 403
        assert Prompt.objects.get().tone == "Old"

    def test_what_was_written_in_a_draft_that_was_published_meanwhile_is_a_new_draft(
        self, desk: Client, draft: Prompt, lead: User
    ) -> None:
        sent = open_form(desk, place("change", draft)) | {"tone": "Calm"}
        draft.publish()

        page = desk.post(place("change", draft), sent, follow=True)

        new = Prompt.objects.exclude(pk=draft.pk).get()
        assert page.redirect_chain == [(place("change", new), 302)]
        assert "What you wrote is in this one." in page.content.decode()
        assert (new.tone, new.published, new.author) == ("Calm", None, lead)
        assert (Prompt.objects.get_current(), Prompt.objects.get(pk=draft.pk).tone) == (draft, "Old")

    def test_who_may_not_add_versions_is_refused_as_before(self, client: Client, agent: User) -> None:
        agent.user_permissions.add(*Permission.objects.filter(codename__in=["view_prompt", "change_prompt"]))
        client.force_login(agent)
        draft = Prompt.objects.create(tone="Old")
        sent = open_form(client, place("change", draft))
        draft.publish()
        assert client.post(place("change", draft), sent).status_code == 403
        assert Prompt.objects.count() == 1


class TestPublishingWhatIsRead:
    @pytest.fixture
    def draft(self, lead: User) -> Prompt:
        return Prompt.objects.create(policies="- Old\n- rules.", tone="Old")

    def test_words_that_a_colleague_saved_since_are_not_published_unread(
        self, desk: Client, draft: Prompt
    ) -> None:
        sent = open_form(desk, place("change", draft)) | {"_publish": "1"}
        Prompt.objects.update(policies="- Free refunds.")

        told = desk.post(place("change", draft), sent).content.decode()

        assert "Somebody has changed this since you opened the page." in told
        assert Prompt.objects.get_current() is None
        again = read_form(told) | {"_publish": "1"}
        assert again["policies"] == ["- Free refunds."]
        desk.post(place("change", draft), again)
        assert Prompt.objects.get_current() == draft
        assert Prompt.objects.get().policies == "- Free refunds."

    def test_of_a_field_that_both_changed_the_later_one_may_choose(self, desk: Client, draft: Prompt) -> None:
        sent = open_form(desk, place("change", draft)) | {"tone": "Calm", "_publish": "1"}
        Prompt.objects.update(tone="Loud")

        told = desk.post(place("change", draft), sent).content.decode()

        assert "changed this to “Loud” since you opened the page" in unescape(told)
        assert Prompt.objects.get_current() is None
        desk.post(place("change", draft), read_form(told) | {"_publish": "1"})
        assert Prompt.objects.get_current() == draft
        assert Prompt.objects.get().tone == "Calm"

    def test_what_is_written_and_not_saved_yet_is_published_too(self, desk: Client, draft: Prompt) -> None:
        page = desk.get(place("change", draft)).content.decode()
        assert 'form="prompt_form" name="_publish"' in page

        sent = read_form(page) | {"tone": "Calm", "_publish": "1"}
        page = desk.post(place("change", draft), sent, follow=True).content.decode()

        current = Prompt.objects.get_current()
        assert current is not None
        assert (current.tone, current.policies) == ("Calm", "- Old\n- rules.")
        assert f"{draft} is in use now." in page

    def test_a_second_press_makes_no_second_version(self, desk: Client, draft: Prompt) -> None:
        sent = open_form(desk, place("change", draft)) | {"tone": "Calm", "_publish": "1"}
        for _ in range(2):
            page = desk.post(place("change", draft), sent, follow=True).content.decode()

        assert "This version is in use." in page
        assert Prompt.objects.get() == Prompt.objects.get_current()

    def test_who_may_write_and_not_publish_publishes_nothing(
        self, client: Client, agent: User, draft: Prompt
    ) -> None:
        agent.user_permissions.set(Permission.objects.filter(codename__in=["view_prompt", "change_prompt"]))
        client.force_login(agent)
        sent = open_form(client, place("change", draft)) | {"tone": "Calm", "_publish": "1"}

        assert client.post(place("change", draft), sent).status_code == 403

        draft.refresh_from_db()
        assert (draft.tone, draft.published) == ("Old", None)

    def test_who_may_only_read_and_publish_publishes_what_they_read(
        self, client: Client, agent: User, draft: Prompt
    ) -> None:
        agent.user_permissions.set(Permission.objects.filter(codename__in=["view_prompt", "publish_prompt"]))
        client.force_login(agent)
        sent = self.read_publish_form(client, draft)
        Prompt.objects.update(policies="- Free refunds.")

        page = client.post(place("publish", draft), sent, follow=True).content.decode()

        assert "Somebody has changed this version since you opened the page" in page
        assert Prompt.objects.get_current() is None
        client.post(place("publish", draft), self.read_publish_form(client, draft))
        assert Prompt.objects.get_current() == draft

    def read_publish_form(self, client: Client, draft: Prompt) -> dict[str, str]:
        page = parse(client.get(place("change", draft)).content.decode())
        (form,) = [
            each for each in page.all("form") if each.attributes.get("action") == place("publish", draft)
        ]
        return {field["name"]: field["value"] for field in form.all("input") if "name" in field.attributes}
