"""Remakes the README's pictures from a real run: alice, the demo model, a late order.

    python -m tests.browser.screenshots docs

The first picture is as a desk shows it, in light; the second one as a phone does, in dark.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from tests.servers import Site
from tests.servers.site import SQLITE

from .chat import Chat, Watch
from .chromium import launch

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


async def take_all(site: Site, folder: Path) -> None:
    async with async_playwright() as playwright, await launch(playwright) as browser:
        for name, device in PICTURES.items():
            await take(browser, site, folder / name, device)


def main() -> None:
    parser = argparse.ArgumentParser(description="Remakes the README's pictures.")
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
