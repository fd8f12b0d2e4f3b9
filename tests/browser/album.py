"""Photos to be sent, the ways in which a customer attaches them, and what becomes of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Locator, Page, expect

from tests.pictures import encoded, noise, scene
from tests.provider import Provider

from .chat import Chat

PASTE = """async (address) => {
    const photo = await (await fetch(address)).blob();
    await navigator.clipboard.write([new ClipboardItem({ [photo.type]: photo })]);
}"""
IS_SEEN = "image => image.complete && image.naturalWidth > 0"
SLOW = 30  # kilobytes in a second


def photo(folder: Path, name: str, width: int = 400, height: int = 300) -> Path:
    """A photo in a file of this name."""
    return _written(folder / name, encoded(scene(width, height), "PNG" if name.endswith(".png") else "JPEG"))


def heavy_photo(folder: Path, name: str, width: int = 600, height: int = 450) -> Path:
    """A photo with as much in it as there can be: it takes its time on a slow line."""
    return _written(folder / name, encoded(noise(width, height), quality=95))


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def seen_by(provider: Provider) -> list[dict[str, Any]]:
    """The parts of what the model was asked last."""
    content = provider.requests[-1].messages[-1]["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def kinds(provider: Provider) -> list[str]:
    return [part["type"] for part in seen_by(provider)]


async def see(images: Locator, *names: str) -> None:
    """The pictures are there, under these names, and can be seen."""
    await expect(images).to_have_count(len(names))
    for image, name in zip(await images.all(), names, strict=True):
        await expect(image).to_have_accessible_name(name)
        await image.page.wait_for_function(IS_SEEN, arg=await image.element_handle())


async def must_load_anew(chat: Chat) -> bool:
    """The server says so, as it does where a page lacks very much. Returns whether the page does it now."""
    return await chat.page.evaluate("""() => {
      document.getElementById("pulse").dataset.reload = "";
      document.getElementById("chat").dispatchEvent(new CustomEvent("htmx:wsAfterMessage"));
      return Object.keys(sessionStorage).some((key) => key.startsWith("reloaded:"));
    }""")


class Tray:
    """The photos above the text field."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.page: Page = chat.page
        self.button = chat.page.get_by_role("button", name="Attach photos")
        self.photos = chat.page.locator("#tray .photo")
        self.note = chat.page.locator("#tray-note")
        self._network: CDPSession | None = None

    def in_state(self, state: str) -> Locator:
        return self.page.locator(f"#tray .photo[data-state={state}]")

    async def attach(self, *paths: Path) -> None:
        """By the button."""
        async with self.page.expect_file_chooser() as asked:
            await self.button.click()
        await (await asked.value).set_files(paths)

    async def attached(self, *paths: Path) -> None:
        """Attached by the button and uploaded."""
        await self.attach(*paths)
        await self.has_uploaded(len(paths))

    async def has_uploaded(self, count: int) -> None:
        await expect(self.in_state("ready")).to_have_count(count)

    async def hold_over(self, paths: Sequence[Path]) -> CDPSession:
        """Drag files over the conversation, as a mouse does."""
        mouse = await self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver"):
            await self._drag(mouse, kind, paths)
        return mouse

    async def drop(self, *paths: Path) -> None:
        await self._drag(await self.hold_over(paths), "drop", paths)

    async def paste(self, path: Path) -> None:
        """Copied to the clipboard from a page of another site, which cannot be had here: this one stands in."""
        await self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await self.page.route("**/copied.png", lambda route: route.fulfill(path=path))
        await self.page.evaluate(PASTE, "/copied.png")
        await self.chat.box.press("Control+v")

    async def line_is_slow(self, kilobytes: float = SLOW) -> None:
        """Upwards it carries so much in a second from now on, -1 for all there is."""
        if self._network is None:
            self._network = await self.page.context.new_cdp_session(self.page)
            await self._network.send("Network.enable")
        await self._network.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 0,
                "downloadThroughput": -1,
                "uploadThroughput": kilobytes * 1024 if kilobytes > 0 else -1,
            },
        )

    async def _drag(self, mouse: CDPSession, kind: str, paths: Sequence[Path]) -> None:
        files = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        await mouse.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 300, "data": files})
