"""Remakes the documentation's pictures from a real run: alice, the demo model, a late order, and staff who answer.

    python -m tests.browser.screenshots docs

Those of the chat are as a desk shows it, in light, and as a phone does, in dark.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright, expect

from tests.servers import Site
from tests.servers.site import SQLITE

from .chat import Chat, Somebody, Watch
from .chromium import launch
from .desk import Desk, waiting_customer

SAID = (
    "Hi, I ordered something but it hasn't arrived.",
    "The order number is ORD-123",
    "Actually, I'd like to file a complaint about the delay.",
)
PICTURES: dict[str, dict[str, Any]] = {
    "chat.png": {"viewport": {"width": 900, "height": 1000}, "color_scheme": "light"},
    "chat-phone.png": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "dark",
        "is_mobile": True,
        "has_touch": True,
    },
}


async def take(browser: Browser, site: Site, picture: Path, device: dict[str, Any]) -> None:
    context = await browser.new_context(locale="en-GB", **device)
    chat = Chat(await context.new_page(), site, Watch(context, site))
    await chat.open()
    await chat.sign_in("alice")
    await chat.menu("New conversation")
    await chat.connected()
    for words in SAID:
        await chat.ask(words)
    await chat.page.screenshot(path=picture, animations="disabled", caret="hide")
    await context.close()
    print(picture)


async def take_desk(browser: Browser, site: Site, folder: Path) -> None:
    """The waiting list, and a conversation with a note."""
    people = Somebody(browser)
    desk_window = {"width": 1280, "height": 800}
    desk = Desk(await people.away(site, locale="en-GB", viewport=desk_window))
    await desk.sign_in("agent")
    chat = await people(site, "alice")
    await chat.menu("New conversation")
    await chat.connected()
    for words in SAID:
        await chat.ask(words)
    await chat.page.locator(".bar").get_by_role("button", name="Talk to a person").click()
    async with waiting_customer(site):
        await expect(desk.waiting("Guest")).to_have_count(1)
        await desk.page.set_viewport_size({"width": 1280, "height": 500})
        await save(desk, folder / "waiting-list.png")
        await desk.page.set_viewport_size(desk_window)
        await desk.take_from_list("Alice Archer")
        await desk.reply("Hello Alice, this is Alex. I'm looking at your parcel right now.")
        await expect(chat.page.locator("[data-role=staff]")).to_have_count(1)
        await chat.say("Thank you! When will it arrive?")
        await expect(desk.log.locator("[data-role=customer]").last).to_contain_text("When will it arrive?")
        await desk.note("Carrier says it's stuck in Leipzig. Offer a refund of shipping.")
        await expect(desk.notes).to_have_count(1)
        await desk.choose("Reply")
        await save(desk, folder / "desk.png")
    await people.leave()


async def save(desk: Desk, picture: Path) -> None:
    await desk.page.screenshot(path=picture, animations="disabled", caret="hide")
    print(picture)


async def take_all(site: Site, folder: Path) -> None:
    async with async_playwright() as playwright, await launch(playwright) as browser:
        for name, device in PICTURES.items():
            await take(browser, site, folder / name, device)
        await take_desk(browser, site, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="Remakes the pictures of the documentation.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        site = Site(Path(data), f"{SQLITE}{data}/shop.sqlite3")
        site.manage("migrate", "--verbosity", "0")
        site.manage("demo_shop")
        with site:
            asyncio.run(take_all(site, folder))


if __name__ == "__main__":
    main()
