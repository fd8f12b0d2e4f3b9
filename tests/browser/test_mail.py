"""A guest who asks at night is answered in the morning: in the browser and by real mail servers, until it is solved."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from playwright.async_api import expect

from tests.mail.mails import build_answer
from tests.servers import Site
from tests.servers.fixtures import NewSite
from tests.servers.mail_servers import Mailbox, Outbox, dovecot, smtp_server
from tests.servers.processes import wait_until

from .chat import TICKET, Somebody
from .desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

GUEST = "gus@example.org"
MORNING = "Mon-Sun 00:00-24:00"


def build_night() -> str:
    """Opening hours of one day of the week, which is not today and will not be while the test runs."""
    return f"{datetime.now(UTC) + timedelta(days=3):%a} 09:00-17:00"


class MailingSite:
    """A site that sends to a mail server, and reads a mailbox."""

    def __init__(self, site: Site, outbox: Outbox, box: Mailbox) -> None:
        self.site, self.outbox, self.box = site, outbox, box
        site.environment = {
            **site.environment,
            "SITE_URL": site.url,
            "SMTP_URL": outbox.url,
            "MAIL_ADDRESS": "support@example.com",
            "IMAP_URL": box.url,
            "SSL_CERT_FILE": str(box.certificate),
        }

    def open_at(self, hours: str) -> None:
        self.site.environment = {**self.site.environment, "OPENING_HOURS": hours}

    def pass_night(self) -> None:
        """The server is started again in the morning. Whoever was here just before would count as still here."""
        self.site.stop()
        last_evening = f"{datetime.now(UTC) - timedelta(hours=9):%Y-%m-%d %H:%M:%S}"
        self.site.rows("UPDATE conversations_conversation SET customer_last_seen = %s", last_evening)
        self.open_at(MORNING)
        self.site.start()

    def bring_mail(self, words: str) -> EmailMessage:
        """The guest's newest mail, which must have these words. What is sent after some minutes is sent now."""

        def find() -> EmailMessage | None:
            # Again and again: a job that finds that the customer may be here is put off anew.
            self.site.rows(
                "UPDATE jobs_job SET run_after = created WHERE attempts = 0 AND run_after > created"
            )
            return self._find_newest(words)

        found: EmailMessage = wait_until(find, timeout=15)
        return found

    def answer(self, sent: EmailMessage, text: str) -> None:
        """The guest answers it from their program for mails, and the mailbox is read."""
        quoted = sent.get_content().replace("\n", "\n> ")
        said = f"On Mon, Nov 30, 2026 at 8:12 AM {sent['From']} wrote:"
        answer = build_answer(None, f"Gus Guest <{GUEST}>", f"{text}\n\n{said}\n> {quoted}")
        answer.replace_header("To", str(sent["Reply-To"]))
        answer.replace_header("Subject", f"Re: {sent['Subject']}")
        answer["In-Reply-To"] = str(sent["Message-ID"])
        self.box.deliver(answer)
        self.site.manage("fetch_mail", "--once")
        assert self.box.count_unread() == 0

    def _find_newest(self, words: str) -> EmailMessage | None:
        parser = BytesParser(policy=policy.default)
        mails: list[Any] = [parser.parsebytes(each.as_bytes()) for each in self.outbox.sent]
        theirs = [each for each in mails if each["To"] == GUEST]
        return (
            theirs[-1] if theirs and words in f"{theirs[-1]['Subject']} {theirs[-1].get_content()}" else None
        )


@pytest.fixture
def mailing(new_site: NewSite) -> Iterator[MailingSite]:
    with smtp_server() as outbox, dovecot() as box:
        mailing = MailingSite(new_site(), outbox, box)
        mailing.open_at(build_night())
        with mailing.site:
            yield mailing


async def test_a_guest_who_asks_at_night_is_answered_by_mail_and_in_the_chat_until_it_is_solved(
    mailing: MailingSite, somebody: Somebody
) -> None:
    site = mailing.site
    # At night: the guest is told so, and leaves an address.
    guest = await somebody(site)
    await guest.page.locator(".bar").get_by_role("button", name="Talk to a person").click()
    await expect(guest.system).to_contain_text("Our team isn't here right now")
    number = TICKET.findall(await guest.system.inner_text())[0]
    await guest.page.locator("#handoff").get_by_label("Name").fill("Gus Guest")
    # An address that is none is refused at its field; the next press takes the refusal away.
    email = guest.page.locator("#handoff").get_by_label("E-mail")
    save = guest.page.locator("#handoff").get_by_role("button", name="Save")
    await email.fill("gus")
    await save.click()
    await expect(email).to_have_accessible_description(re.compile("look like an e-mail"))
    await email.fill(GUEST)
    await save.click()
    await expect(email).to_be_hidden()
    await expect(guest.system.last).to_contain_text(f"we'll answer by e-mail to {GUEST}")
    await guest.page.goto("about:blank")
    ticket = mailing.bring_mail(number)
    assert "We'll answer from" in ticket.get_content()
    mailing.answer(ticket, "The red lamp does not light up.")

    # In the morning: it stands in the ticket, and is answered there.
    mailing.pass_night()
    desk = Desk(await somebody.away(site))
    await desk.sign_in("agent")
    await desk.page.goto(f"{site.url}/admin/tickets/ticket/")
    await desk.page.get_by_role("link", name=number).click()
    await desk.is_live()
    await expect(desk.log.locator("[data-role=customer] .text").last).to_have_text(
        "The red lamp does not light up."
    )
    await desk.press("Take over")
    await expect(desk.page.locator("#chat[data-mine]")).to_be_visible()
    await desk.reply("Is its cable plugged in?")
    await expect(desk.page.locator("#ticket-state [data-status=pending]")).to_be_visible()

    # The guest reads it in the mail, follows it into the chat, and sees there what comes next.
    mail = mailing.bring_mail("Is its cable plugged in?")
    await guest.page.goto(re.search(r"http://\S+", mail.get_content())[0])
    await guest.connected()
    said = guest.page.locator("[data-role=staff] .text")
    await expect(said.last).to_have_text("Is its cable plugged in?")
    await desk.choose("Reply")
    await desk.box.fill("I have sent you a new cable.")
    await desk.press("Reply and resolve")
    await expect(said.last).to_have_text("I have sent you a new cable.")
    await expect(desk.page.locator("#ticket-state [data-status=resolved]")).to_be_visible()
    await expect(guest.page.locator("#rating")).to_contain_text(f"How did we do with {number}?")
    await guest.page.goto("about:blank")

    # It is not solved: an answer by mail opens it again.
    mailing.answer(mail, "It is still dark.")
    await expect(desk.page.locator("#ticket-state [data-status=open]")).to_be_visible()
    await expect(desk.log.locator("[data-role=customer] .text").last).to_have_text("It is still dark.")
    await desk.choose("Reply")
    await desk.box.fill("Then you get a new lamp.")
    await desk.press("Reply and resolve")
    await expect(desk.page.locator("#ticket-state [data-status=resolved]")).to_be_visible()
    mail = mailing.bring_mail("Then you get a new lamp.")
    await guest.page.goto(re.search(r"http://\S+", mail.get_content())[0])
    await guest.connected()
    await expect(said.last).to_have_text("Then you get a new lamp.")
    rating = guest.page.locator("#rating")
    await guest.click_as_in_safari()
    await rating.get_by_role("button", name="Good", exact=True).click()
    await expect(rating.get_by_role("textbox")).to_be_focused()
    await expect(desk.page.locator("#facts .given-rating")).to_contain_text("Good")
    assert site.rows("SELECT status, reopened_count FROM tickets_ticket") == [("resolved", 1)]
    assert len([each for each in mailing.outbox.sent if each["To"] == GUEST]) == 3, "each once"
