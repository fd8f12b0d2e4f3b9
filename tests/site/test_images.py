"""What strangers upload does the server no harm: it stays small, and nobody else waits for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil

from tests.pictures import BAD, encoded, noise, phone_photo
from tests.servers import Site
from tests.servers.fixtures import NewSite

from .visitor import Visitor

MEGABYTE = 1024 * 1024
NO_LIMITS = {"IMAGES_PER_MINUTE": "0", "IMAGES_PER_DAY": "0"}


class Watch:
    """While something goes on: what the server takes for it, and that somebody else has answers all the time.

    `work` are the seconds that its event loop computed, `children` those of the processes that it started.
    """

    def __init__(self, site: Site) -> None:
        assert site._process is not None
        self._site = site
        self._process = psutil.Process(site._process._popen.pid)
        self._before = self._process.memory_info().rss
        self._times = self._process.cpu_times()
        self.answers = 0
        self.megabytes = self.work = self.children = 0.0

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        now = self._process.cpu_times()
        self.work = now.user - self._times.user
        self.children = now.children_user - self._times.children_user
        print(
            f"+{self.megabytes:.0f} MB, {self.work:.1f} s and {self.children:.1f} s, {self.answers} answers"
        )

    async def _watch(self) -> None:
        other = Visitor()
        async with other.window(self._site, await other.begin(self._site)) as window:
            while True:
                async with asyncio.timeout(5):
                    await window.ping()
                self.answers += 1
                taken = self._process.memory_info().rss - self._before
                self.megabytes = max(self.megabytes, taken / MEGABYTE)
                await asyncio.sleep(0.01)


async def upload(visitor: Visitor, site: Site, path: str, data: bytes) -> httpx2.Response:
    file = ("photo.jpg", data, "image/jpeg")
    return await visitor.post_by_script(site, f"{path}images/", {}, files={"image": file})


async def pour(visitor: Visitor, site: Site, path: str, **headers: str) -> httpx2.Response:
    """Send two hundred megabytes that are never together here."""

    async def content() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(MEGABYTE)

    return await visitor.post_by_script(site, f"{path}images/", headers, content=content())


async def test_all_that_is_no_photo_is_refused_at_once_and_costs_the_server_nothing(
    new_site: NewSite, visitor: Visitor
) -> None:
    corpus = await asyncio.to_thread(lambda: {name: make() for name, make in BAD.items()})
    with new_site(**NO_LIMITS) as site:
        path = await visitor.begin(site)
        assert (await upload(visitor, site, path, phone_photo())).status_code == 201
        async with Watch(site) as watch:
            for name, data in corpus.items():
                async with asyncio.timeout(5):
                    response = await upload(visitor, site, path, data)
                assert response.status_code in (400, 413), name
                assert response.json()["error"].endswith("."), name

        assert watch.megabytes <= 64
        assert watch.answers > len(corpus)
        assert (await upload(visitor, site, path, phone_photo())).status_code == 201


async def test_of_a_request_that_is_far_too_large_nothing_is_kept(
    new_site: NewSite, visitor: Visitor
) -> None:
    with new_site() as site:
        path = await visitor.begin(site)
        async with Watch(site) as watch:
            told = await pour(visitor, site, path, **{"content-length": str(200 * MEGABYTE)})
            untold = await pour(visitor, site, path)  # in pieces, and it does not say how many

        assert (told.status_code, told.json()["error"]) == (413, "This is too large. The limit is 8 MB.")
        assert untold.status_code == 411
        assert watch.megabytes <= 32


async def test_many_large_photos_at_once_are_all_taken_and_nobody_else_waits(
    new_site: NewSite, visitor: Visitor
) -> None:
    photo = await asyncio.to_thread(lambda: encoded(noise(2400, 2400), quality=90))
    assert 4 * MEGABYTE < len(photo) < 8 * MEGABYTE
    with new_site(**NO_LIMITS) as site:
        path = await visitor.begin(site)
        async with Watch(site) as watch:
            taken = await asyncio.gather(*[upload(visitor, site, path, photo) for _ in range(12)])

        assert {response.status_code for response in taken} == {201}
        assert watch.work < watch.children / 2  # of which the watch's own questions are a part
        assert watch.answers > 12
        assert site.rows("SELECT count(*) FROM conversations_attachment") == [(12,)]


async def test_many_who_begin_to_send_and_never_end_cannot_fill_the_memory(new_site: NewSite) -> None:
    """Thirty strangers hold back the last byte of eight megabytes each; then the next one can send again."""
    size = 8 * MEGABYTE
    head = f"POST /c/{'0' * 8}/images/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n\r\n".encode()
    with new_site(**NO_LIMITS) as site:
        address = urlsplit(site.url)
        async with Watch(site) as watch:
            lines = [await asyncio.open_connection(address.hostname, address.port) for _ in range(30)]
            for _, writer in lines:
                writer.write(head + bytes(size - 1))
                await writer.drain()
            for _, writer in lines[1:]:
                writer.write(b".")  # all but one come to their end
            answers = [(await reader.readline()).split()[1] for reader, _ in lines[1:]]
            assert watch.megabytes < 250
        assert b"503" in answers, "some are asked to come again"
        assert b"404" in answers, "and some were taken, for an address that is none"
        for _, writer in lines:
            writer.close()

        visitor = Visitor()
        path = await visitor.begin(site)
        assert (await upload(visitor, site, path, phone_photo())).status_code == 201
