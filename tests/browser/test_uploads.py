"""What is to be sent with photos is never lost, however long they take."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.provider import Provider
from tests.servers import Site

from .album import Tray, heavy_photo, kinds, must_load_anew, photo, see
from .chat import Somebody
from .lines import has_healed, keep_notes, loses_its_first_line, network

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORDS = "It arrived like this."
ANSWER = "I am sorry to see that."


async def test_a_photo_shows_how_far_it_is_and_can_be_taken_back(
    somebody: Somebody, site: Site, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    await tray.line_is_slow(5)  # so that it is on its way until it is taken back
    await tray.attach(heavy_photo(tmp_path, "parcel.jpg"))
    bar = chat.page.get_by_role("progressbar", name="Uploading photo")
    await chat.page.wait_for_function("bar => bar.value > 0 && bar.value < 1", arg=await bar.element_handle())

    await chat.page.get_by_role("button", name="Remove photo").click()
    await expect(tray.photos).to_have_count(0)
    await expect(tray.button).to_be_focused()

    # Still slowly: on a fast line the rest of the other photo would be there before the browser has given it up.
    await tray.attached(photo(tmp_path, "label.jpg"))
    async with chat.page.expect_response(lambda response: response.request.method == "DELETE") as gone:
        await chat.page.get_by_role("button", name="Remove photo").click()
    assert (await gone.value).status == 204
    query = "SELECT id FROM conversations_attachment WHERE conversation_id = %s"
    assert site.rows(query, site.find_conversation(chat.path)) == []


async def test_a_message_waits_for_its_photos_and_what_comes_after_it_waits_for_it(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    await tray.line_is_slow()
    await tray.attach(heavy_photo(tmp_path, "parcel.jpg"))
    await expect(tray.in_state("uploading")).to_have_count(1)

    await chat.say(WORDS)
    await chat.say("What now?")

    await expect(tray.photos).to_have_count(0)
    await expect(chat.customer.first.get_by_role("progressbar")).to_be_visible()
    await expect(chat.page.get_by_text("Sending…")).to_have_count(2)
    assert not provider.requests
    provider.otherwise(lambda request: provider.say(ANSWER))
    await tray.line_is_slow(-1)
    await expect(chat.page.locator("#outbox article")).to_have_count(0)
    await chat.ended()
    await expect(chat.customer.locator(".text")).to_have_text([WORDS, "What now?"])
    await see(chat.customer.first.get_by_role("img"), "Photo")


async def test_a_message_with_a_photo_survives_the_loss_of_the_line_and_a_reload(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    await tray.attached(photo(tmp_path, "parcel.jpg"))
    await loses_its_first_line(chat)
    await chat.reload()
    await chat.say(WORDS)
    await see(chat.customer.get_by_role("img"), "Photo")
    await expect(chat.customer).to_have_attribute("data-status", "sending")
    provider.say(ANSWER)

    await chat.reload()

    await chat.ended()
    assert kinds(provider) == ["text", "image_url"]
    await see(chat.customer.get_by_role("img"), "Photo")


async def test_a_photo_whose_file_is_gone_before_the_line_is_back_is_sent_all_the_same(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    async with network(site) as (proxy, reached):
        chat = await somebody(reached)
        tray = Tray(chat)
        proxy.darken()
        path = photo(tmp_path, "parcel.jpg")
        await tray.attach(path)
        await expect(tray.in_state("uploading")).to_have_count(1)
        path.unlink()
        await chat.say(WORDS)
        provider.say(ANSWER)

        proxy.lighten()

        await chat.ended()
        assert kinds(provider) == ["text", "image_url"]
        chat.watch.seen[:] = [each for each in chat.watch.seen if "Failed to load resource" not in each]


async def test_an_upload_goes_on_when_the_line_is_back(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    async with network(site) as (proxy, reached):
        chat = await somebody(reached)
        await keep_notes(chat.page)
        tray = Tray(chat)
        proxy.darken()
        await tray.attach(photo(tmp_path, "parcel.jpg"))
        await expect(tray.in_state("uploading")).to_have_count(1)
        await chat.say(WORDS)
        provider.say(ANSWER)

        proxy.lighten()

        await chat.ended()
        assert kinds(provider) == ["text", "image_url"]
        chat.watch.seen[:] = [each for each in chat.watch.seen if "Failed to load resource" not in each]
        await has_healed(chat)


async def test_photos_that_were_not_sent_yet_outlive_a_reload_and_what_was_not_up_is_told(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    await tray.attached(photo(tmp_path, "parcel.jpg"))
    await tray.line_is_slow()
    await tray.attach(heavy_photo(tmp_path, "label.jpg"))
    await expect(tray.in_state("uploading")).to_have_count(1)

    await chat.reload()

    await see(tray.photos.get_by_role("img"), "Photo")
    await expect(tray.note).to_contain_text("A photo hadn't finished uploading when the page was closed.")
    assert chat.watch.warnings == 1
    await chat.reload()
    await expect(tray.note).to_have_text("")
    assert chat.watch.warnings == 1  # what is up outlives a reload
    provider.say(ANSWER)
    await chat.ask(WORDS)
    assert kinds(provider) == ["text", "image_url"]


async def test_a_message_whose_photo_was_not_up_at_a_reload_asks_what_to_do(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    await tray.line_is_slow()
    await tray.attach(heavy_photo(tmp_path, "label.jpg"))
    await expect(tray.in_state("uploading")).to_have_count(1)
    await chat.say(WORDS)

    await chat.reload()

    await expect(chat.customer).to_have_attribute("data-status", "failed")
    await expect(chat.customer).to_contain_text("“Try again” sends the message without it.")
    provider.say(ANSWER)
    await chat.customer.get_by_role("button", name="Try again").click()
    await chat.ended()
    assert kinds(provider) == ["text"]


async def test_a_page_that_must_load_anew_waits_until_the_photos_are_up(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    await tray.line_is_slow()
    await tray.attach(heavy_photo(tmp_path, "label.jpg"))
    await expect(tray.in_state("uploading")).to_have_count(1)
    await chat.say(WORDS)
    await expect(tray.photos).to_have_count(0)

    assert not await must_load_anew(chat)

    provider.say(ANSWER)
    await tray.line_is_slow(-1)
    await chat.ended()
    assert kinds(provider) == ["text", "image_url"]
    await tray.attached(photo(tmp_path, "parcel.jpg"))
    broken = tmp_path / "broken.heic"  # one that has failed is not waited for
    broken.write_bytes(b"not a photo")
    chat.watch.ignored.add("Failed to load resource: the server responded with a status of 400 (Bad Request)")
    await tray.attach(broken)
    await expect(tray.in_state("failed")).to_have_count(1)
    async with chat.page.expect_navigation():
        assert await must_load_anew(chat)
    await see(tray.photos.get_by_role("img"), "Photo")
