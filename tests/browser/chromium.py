"""Chromium as the tests want it: the system's own, quiet, and never talking to anybody but the site."""

from pathlib import Path

from playwright.async_api import Browser, BrowserType, Playwright

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
    return await launch_another(playwright.chromium)


async def launch_another(chromium: BrowserType) -> Browser:
    return await chromium.launch(executable_path=_path(chromium), args=ARGUMENTS)


def _path(chromium: BrowserType) -> str:
    own = chromium.executable_path
    return find("chromium") or (own if Path(own).exists() else need("chromium"))
