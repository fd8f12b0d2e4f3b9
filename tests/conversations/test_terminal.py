"""Talking to the assistant from a shell: the real way of a message, with what only a terminal has."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from PIL import Image

from tests.provider import Provider
from tests.servers.fixtures import NewSite
from tests.servers.site import PROJECT

from .shell import PROMPT, SECONDS, piped, texts, turns

ALICE = ("--as", "alice")


def photo(path: Path) -> Path:
    Image.new("RGB", (40, 30), "red").save(path)
    return path


def test_alice_is_helped_from_the_first_word_to_the_ticket(new_site: NewSite) -> None:
    site = new_site()
    story = ("Hi, my order hasn't arrived.", "It is ORD-123", "I'd like to complain about the delay.")

    done = piped(site, *story, arguments=ALICE)

    ((number, customer),) = site.rows(
        "SELECT number, username FROM tickets_ticket JOIN auth_user ON auth_user.id = customer_id"
    )
    assert customer == "alice"
    assert done.stdout.startswith("Hello, Alice! I'm sorry that it hasn't arrived yet.")
    assert "Order **ORD-123** has been shipped." in done.stdout
    assert f"I've opened ticket **{number}** about the delay of order **ORD-123**" in done.stdout
    assert done.stderr.splitlines() == ["· Looking up order ORD-123…", "· Opening a ticket…"]
    assert done.returncode == 0
    assert turns(site) == [("done", "demo")] * 3


def test_who_asks_for_a_person_is_told_what_happens_now_and_where_they_answer(new_site: NewSite) -> None:
    site = new_site()

    done = piped(site, "I want to talk to a human", "Hello?", arguments=ALICE)

    ((number,),) = site.rows("SELECT number FROM tickets_ticket")
    asked, told, where, where_again = done.stderr.splitlines()
    assert asked == "· Asking a colleague to join…"
    assert told.startswith("· All of our colleagues are away right now.")
    assert told.endswith(f"Your reference is {number}.")
    assert (
        where
        == where_again
        == ("· People answer on this conversation's page in the browser. /reset begins a new one.")
    )
    assert done.stdout.strip() == ""


def test_a_pipe_gets_no_prompt_and_no_colours(new_site: NewSite) -> None:
    done = piped(new_site(), "where is ORD-123?", "", "/help", "/quit", "hello", arguments=ALICE)

    assert PROMPT not in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "/history     prints the conversation" in done.stdout
    assert "Hello" not in done.stdout  # it was left before


def test_a_guest_is_asked_for_the_address_and_bob_finds_nothing_of_alices(new_site: NewSite) -> None:
    site = new_site()

    guest = piped(site, "where is ORD-123?")
    bob = piped(site, "where is ORD-123?", arguments=("--as", "bob"))

    assert "please give me the e-mail address used for order **ORD-123**." in guest.stdout
    assert "I can't find order **ORD-123**." in bob.stdout
    owners = "SELECT username FROM conversations_conversation LEFT JOIN auth_user ON auth_user.id = user_id"
    assert sorted(site.rows(owners), key=str) == [("bob",), (None,)]


def test_it_tells_arguments_and_results_of_tools_when_it_is_asked_to(new_site: NewSite) -> None:
    done = piped(new_site(), "where is ORD-123?", arguments=(*ALICE, "--verbose"))

    progress, arguments, result, took = done.stderr.splitlines()
    assert progress == "· Looking up order ORD-123…"
    assert arguments == '  lookup_order {"order_id": "ORD-123"}'
    assert result.startswith('  done: {"order_id": "ORD-123", "status": "shipped"')
    assert re.fullmatch(r"  demo: \d+ tokens in, \d+ out, first word after \d+\.\d s", took)


def test_it_tells_what_an_answer_took_when_it_is_asked_to(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider, LLM_PRICES="grok-scripted=1000/1000/2000")
    provider.call("lookup_order", order_id="ORD-123")
    provider.say("It has shipped.")

    done = piped(site, "where is ORD-123?", arguments=(*ALICE, "--verbose"))

    sums = site.rows("SELECT sum(input), sum(output), sum(reasoning), sum(cost) FROM usage_modelrequest")
    ((read, written, thought, cost),) = sums
    took = f"  grok-scripted: {read} tokens in, {written} out, {thought} thinking, ${cost:.2f}, first word after "
    assert done.stderr.splitlines()[-1].startswith(took)


def test_a_message_without_an_answer_makes_the_exit_code_and_the_next_one_is_still_answered(
    new_site: NewSite, provider: Provider
) -> None:
    site = new_site(provider)
    provider.fail(401)
    provider.say("Here I am.")

    done = piped(site, "hello", "hello again")

    assert done.returncode == 1
    assert done.stdout == "Here I am.\n"
    assert "· The assistant isn't available right now." in done.stderr
    assert [state for state, _backend in turns(site)] == ["failed", "done"]


def test_what_fails_while_it_is_tried_out_here_is_no_outage_of_the_site(
    new_site: NewSite, provider: Provider
) -> None:
    site = new_site(provider, ALERT_EMAILS="lead@example.com")
    for _ in range(3):
        provider.fail(401)

    piped(site, "hello", "hello again", "and again")

    assert turns(site) == [("failed", "chat")] * 3
    assert site.rows("SELECT code FROM usage_outage") == []
    assert site.rows("SELECT kind FROM jobs_job") == []


def test_what_the_page_would_not_take_is_not_taken_here_either(new_site: NewSite) -> None:
    site = new_site(MESSAGE_MAX_CHARS="20")

    done = piped(site, "hello", "x" * 21)

    assert done.returncode == 1
    assert "This message is 21 characters long; the limit is 20." in done.stderr
    assert texts(site)[0] == "hello"
    assert len(texts(site)) == 2


def test_as_many_messages_can_be_sent_in_a_minute_as_there_are(new_site: NewSite) -> None:
    site = new_site(CONVERSATION_MESSAGES_PER_MINUTE="1", VISITOR_MESSAGES_PER_MINUTE="1")

    done = piped(site, "hello", "hello again", "/reset", "and again", arguments=ALICE)

    assert done.returncode == 0
    assert turns(site) == [("done", "demo")] * 3


@pytest.mark.parametrize("line", ["/imgae x.png", "/Hlep", "/tools", "/lookup_order order_id=ORD-123"])
def test_a_command_that_does_not_exist_is_not_sent_to_the_model(
    new_site: NewSite, provider: Provider, line: str
) -> None:
    site = new_site(provider)

    done = piped(site, line)

    assert (done.returncode, texts(site)) == (1, [])
    assert (
        f"There is no command {line.split(maxsplit=1)[0]}. /help lists those that there are." in done.stderr
    )


def test_commands_may_be_written_large_and_exit_is_quit(new_site: NewSite) -> None:
    site = new_site()

    done = piped(site, "/HELP", " /Exit ", "hello")

    assert "/history     prints the conversation" in done.stdout
    assert (done.returncode, texts(site)) == (0, [])


def test_what_begins_with_a_path_is_a_message(new_site: NewSite) -> None:
    site = new_site()
    said = ["/home/alice/parcel.jpg shows what came", "//", "/ is all I see"]

    assert piped(site, *said).returncode == 0
    assert [text for text in texts(site) if text in said] == said


def test_the_demo_model_still_has_its_own_commands(new_site: NewSite) -> None:
    done = piped(new_site(), "/tools", "/lookup_order order_id=ORD-123", arguments=ALICE)

    assert "- `/lookup_order`: " in done.stdout
    assert "`lookup_order` answered:" in done.stdout


def test_what_a_model_writes_cannot_command_the_terminal(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider)
    provider.say("\x1b]0;mine\x07Clear \x1b[2Jall \u202egnorw\nend.")

    assert piped(site, "hello").stdout == "]0;mineClear [2Jall gnorw\nend.\n"


def test_the_history_is_the_messages_array_and_a_reset_begins_another_one(new_site: NewSite) -> None:
    site = new_site()

    done = piped(site, "where is ORD-123?", "/history", "/reset", "/history", "hello", arguments=ALICE)

    first, second = re.findall(r"^\[\n.*?^\]\n|^\[\]\n", done.stdout, re.DOTALL | re.MULTILINE)
    assert [message["role"] for message in json.loads(first)] == ["user", "assistant", "tool", "assistant"]
    assert json.loads(second) == []
    assert len(site.rows("SELECT id FROM conversations_conversation")) == 2


def test_another_model_and_another_backend_can_be_chosen(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider)
    provider.say("Hello.")

    piped(site, "hello", arguments=("--model", "grok-next"))
    piped(site, "hello", arguments=("--backend", "demo"))

    assert [request.body["model"] for request in provider.requests] == ["grok-next"]
    assert turns(site) == [("done", "chat"), ("done", "demo")]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--as", "zoe"), "There is no customer “zoe”. Some that there are: alice, bob."),
        (
            ("--backend", "chat"),
            "The backend chat has no model to talk to. Set XAI_API_KEY, or LLM_BASE_URL.",
        ),
        (("--model", "grok-4.3"), "--model names a model of a provider, and the backend is demo."),
        (("--backend", "clippy"), "invalid choice: 'clippy'"),
    ],
)
def test_it_says_plainly_what_cannot_be(
    alice: User, bob: User, settings: Any, arguments: tuple[str, ...], says: str
) -> None:
    settings.LLM_BACKEND = "demo"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"xai_api_key": "", "llm_base_url": ""})

    with pytest.raises(CommandError, match=re.escape(says)):
        call_command("chat", *arguments)


def test_it_says_that_the_database_is_empty(new_site: NewSite, tmp_path: Path) -> None:
    done = piped(new_site(), "hello", DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Run manage.py migrate first." in done.stderr


def test_a_photo_goes_with_the_next_message(new_site: NewSite, provider: Provider, tmp_path: Path) -> None:
    site = new_site(provider)
    provider.say("A red one.")

    done = piped(site, f"/image {photo(tmp_path / 'my parcel.png')}", "What is this?", arguments=ALICE)

    assert done.stdout == "A red one.\n"
    assert "a photo of 40 × 30 pixels" in done.stderr
    words, picture = provider.requests[0].messages[-1]["content"]
    assert words == {"type": "text", "text": "What is this?"}
    assert picture["image_url"]["url"].startswith("data:image/")
    ((sent,),) = site.rows("SELECT has_images FROM conversations_message WHERE role = 'customer'")
    assert sent


def test_it_says_what_is_wrong_with_a_photo(new_site: NewSite, tmp_path: Path) -> None:
    (tmp_path / "words.png").write_text("no photo")
    good = photo(tmp_path / "good.png")

    done = piped(
        new_site(),
        "/image",
        f"/image {tmp_path / 'none.png'}",
        f"/image {tmp_path / 'words.png'}",
        f"/image {good}",
    )

    assert done.returncode == 1
    assert "· /image needs the path of a photo, as in: /image parcel.jpg" in done.stderr
    assert "none.png: No such file or directory" in done.stderr
    assert "This file type isn't supported." in done.stderr
    assert "The photos were not sent: no message came after them." in done.stderr


def test_a_reader_who_leaves_does_no_harm(new_site: NewSite) -> None:
    site = new_site(DEMO_WORDS_PER_SECOND="100")
    command = (
        f"printf 'hello\\nwhere is ORD-123?\\n' | {sys.executable} manage.py chat --as alice | head -c 5"
    )

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=PROJECT,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "Hello")
    assert "Error" not in done.stderr
    assert turns(site) == [("done", "demo")] * 2


def test_what_a_full_disk_has_no_room_for_is_said_and_the_model_is_not_asked_on(new_site: NewSite) -> None:
    site = new_site()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "manage.py", "chat", *ALICE],
            cwd=PROJECT,
            env=site.environment,
            input="hello\nwhere is ORD-123?\n",
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    assert done.returncode == 1
    assert "CommandError: The output could not be written: No space left on device" in done.stderr
    assert turns(site) == [("done", "demo")]


async def test_it_works_on_the_database_of_a_site_that_serves(new_site: NewSite) -> None:
    with new_site(DEMO_WORDS_PER_SECOND="30") as site:
        said = ("where is ORD-123?", "I'd like to complain about the delay")
        done = await asyncio.gather(
            *(asyncio.to_thread(piped, site, *said, arguments=("--as", name)) for name in ("alice", "bob")),
        )

    assert [each.returncode for each in done] == [0, 0]
    assert turns(site) == [("done", "demo")] * 4
    assert sorted(
        site.rows("SELECT username FROM tickets_ticket JOIN auth_user ON auth_user.id = customer_id")
    ) == [
        ("alice",),
        ("bob",),
    ]


def test_an_answer_that_takes_long_is_not_taken_over_by_the_site_that_serves(new_site: NewSite) -> None:
    """Three leases long; they are four seconds here instead of ten, so that nobody need wait for half a minute."""
    chat, words = ("-m", "tests.faults.serve", "chat", *ALICE), "where is ORD-123?\n"
    with new_site() as site:
        begun = monotonic()
        done = site.run_to_end(*chat, words=words, FAULT_LEASE="4", DEMO_WORDS_PER_SECOND="3")
        assert monotonic() - begun > 12

    assert done.stdout.startswith("Order **ORD-123** has been shipped.")
    assert turns(site) == [("done", "demo")]
