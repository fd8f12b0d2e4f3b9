"""Chromium as the tests want it: the system's own, quiet, and never talking to anybody but the site."""

from pathlib import Path

from playwright.async_api import Browser, Playwright

from tests.servers.programs import find, need

ARGUMENTS = [
    "--no-sandbox",  # it cannot be had as root in a container, and only our own pages are opened
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
]


async def launch(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=_path(playwright), args=ARGUMENTS)


def _path(playwright: Playwright) -> str:
    own = playwright.chromium.executable_path
    return find("chromium") or (own if Path(own).exists() else need("chromium"))
