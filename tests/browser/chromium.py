"""Chromium as the tests want it: the system's own, quiet, and never talking to anybody but the site."""

import json
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, BrowserType, Playwright

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


async def launch_without_cookies(chromium: BrowserType, profile: Path) -> BrowserContext:
    """One whose user blocks all cookies in its settings, with a profile in this folder."""
    settings = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(settings))
    return await chromium.launch_persistent_context(profile, executable_path=_path(chromium), args=ARGUMENTS)


def _path(chromium: BrowserType) -> str:
    own = chromium.executable_path
    return find("chromium") or (own if Path(own).exists() else need("chromium"))
