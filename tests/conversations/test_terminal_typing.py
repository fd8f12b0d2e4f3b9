"""Somebody at a terminal talks to the assistant: words as they come, Ctrl-C, and the end of the program."""

import signal

from tests.provider import Provider
from tests.servers.fixtures import NewSite

from .shell import CTRL_C, CTRL_D, PROMPT, Shell, piped, texts, turns

ALICE = ("--as", "alice")


def test_words_are_shown_as_they_come(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider)
    reply = provider.say("It is on its way to you.", hold_after=3)

    with Shell(site, *ALICE) as shell:
        shell.type("where is it?\r")
        shell.wait_for("It is on")
        provider.wait_for(lambda _provider: reply.held)
        assert "way" not in shell.shown
        reply.release()

        assert shell.wait_for(PROMPT).strip() == "its way to you."
        shell.type(CTRL_D)
        assert shell.end() == 0


def test_ctrl_c_stops_the_answer_and_not_the_program(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider)
    provider.say("It is on its way to you.", hold_after=3)
    provider.say("Gladly.")

    with Shell(site) as shell:
        shell.type("where is it?\r")
        shell.wait_for("It is on")
        shell.type(CTRL_C)
        shell.wait_for("You stopped this answer.")
        shell.wait_for(PROMPT)
        provider.wait_for(lambda provider: provider.open_streams == 0)

        assert "Gladly." in shell.say("and now?")
    assert [state for state, _backend in turns(site)] == ["stopped", "done"]
    assert provider.requests[0].closed_early


def test_ctrl_c_at_the_prompt_throws_the_line_away(new_site: NewSite) -> None:
    site = new_site()

    with Shell(site) as shell:
        shell.type("what nobody must")
        shell.wait_for("what nobody must")
        shell.press(CTRL_C, PROMPT)

        shell.type("hello\r")
        shell.wait_for("I'm the demo assistant")
    assert "hello" in texts(site)
    assert not any("nobody" in text for text in texts(site))


def test_being_ended_keeps_what_was_said_so_far(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider)
    provider.say("It is on its way to you.", hold_after=3)

    with Shell(site) as shell:
        shell.type("where is it?\r")
        shell.wait_for("It is on")
        shell.signal(signal.SIGTERM)

        assert shell.end() == 128 + signal.SIGTERM
    assert [state for state, _backend in turns(site)] == ["interrupted"]
    assert texts(site)[-1].strip() == "It is on"


def test_it_leaves_the_turns_of_others_alone(new_site: NewSite, provider: Provider) -> None:
    site = new_site(provider)
    provider.ignore()
    with Shell(site) as shell:
        shell.type("where is it?\r")
        provider.wait_for(lambda provider: provider.requests)
        shell.kill()
    site.rows("UPDATE conversations_turn SET lease_until = '2020-01-01'")
    lost = site.rows("SELECT id, state, fencing_token FROM conversations_turn")

    piped(site, "hello", "hello again", arguments=("--backend", "demo"), DEMO_WORDS_PER_SECOND="20")

    assert site.rows("SELECT id, state, fencing_token FROM conversations_turn WHERE backend = 'chat'") == lost
