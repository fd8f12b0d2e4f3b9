"""Photos go from a customer's hands to the model and to staff, and to nobody else."""

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Route, expect

from tests.pictures import encoded, heic, noise, scene
from tests.provider import Provider
from tests.servers import Site
from tests.servers.fixtures import NewSite

from .album import Tray, heavy_photo, kinds, photo, see, seen_by
from .chat import Somebody

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WORDS = "It arrived like this."
ANSWER = "I am sorry to see that."


async def test_a_photo_goes_to_the_model_and_stays_in_the_conversation(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site, "alice")
    tray = Tray(chat)
    await tray.attached(photo(tmp_path, "parcel.jpg"))
    await see(tray.photos.get_by_role("img"), "Photo")
    provider.say(ANSWER)

    assert await chat.ask(WORDS) == ANSWER

    text, image = seen_by(provider)
    assert text["text"] == WORDS
    assert image["image_url"]["url"].startswith("data:image/")
    await expect(tray.photos).to_have_count(0)
    await see(chat.customer.get_by_role("img"), "Photo")
    await chat.reload()
    await see(chat.customer.get_by_role("img"), "Photo")
    async with chat.page.context.expect_page() as opened:
        await chat.customer.get_by_role("link", name="Photo").click()
    await see((await opened.value).get_by_role("img"), "")


# Of an element that leaves the page while it is dragged, nobody is told that the drag has ended.
DRAG_WHAT_IS_REPLACED = """() => {
    const image = document.getElementById("log").appendChild(new Image());
    image.dispatchEvent(new DragEvent("dragstart", { bubbles: true }));
    image.remove();
}"""


async def test_photos_can_be_dropped_and_pasted_and_need_no_words(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    send = chat.page.get_by_role("button", name="Send")
    parcel = photo(tmp_path, "parcel.jpg")
    await chat.page.evaluate(DRAG_WHAT_IS_REPLACED)
    await tray.hold_over([parcel])
    await expect(chat.page.locator("#chat[data-dropping]")).to_be_visible()
    await tray.drop(parcel)
    await expect(chat.page.locator("#chat[data-dropping]")).to_have_count(0)
    await tray.paste(photo(tmp_path, "label.png"))
    await tray.has_uploaded(2)
    provider.say(ANSWER)

    await send.click()

    await chat.ended()
    assert kinds(provider) == ["image_url", "image_url"]
    await see(chat.customer.get_by_role("img"), "Photo 1 of 2", "Photo 2 of 2")
    await expect(chat.customer.locator(".text")).to_have_count(0)


# Pastes a picture with these other forms beside it. Returns whether the browser is left to paste the text.
PASTE_WITH = """async (others) => {
    const clipboard = new DataTransfer();
    const picture = await new Promise((resolve) => document.createElement("canvas").toBlob(resolve));
    clipboard.items.add(new File([picture], "label.png", { type: picture.type }));
    for (const [type, words] of Object.entries(others)) clipboard.setData(type, words);
    const event = { clipboardData: clipboard, bubbles: true, cancelable: true };
    return document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", event));
}"""


async def test_a_photo_copied_in_a_file_manager_is_pasted_and_not_the_picture_of_a_copied_text(
    somebody: Somebody, site: Site
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)

    for formatted in ("text/html", "text/rtf"):  # as Office programs copy a table
        assert await chat.page.evaluate(PASTE_WITH, {"text/plain": "1 2", formatted: "1 2"})
    await expect(tray.photos).to_have_count(0)

    assert not await chat.page.evaluate(PASTE_WITH, {"text/plain": "label.png"})  # as macOS copies a file
    await tray.has_uploaded(1)


async def test_three_photos_go_with_a_message_in_their_order_and_a_fourth_is_told(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site, viewport={"width": 375, "height": 700}, is_mobile=True, has_touch=True)
    tray = Tray(chat)
    heavy, second, third = (
        heavy_photo(tmp_path, "1.jpg", 900),
        photo(tmp_path, "2.jpg"),
        photo(tmp_path, "3.jpg", 200),
    )

    await tray.attach(heavy, second, third, photo(tmp_path, "4.jpg"))

    await expect(tray.note).to_have_text("3 photos fit into one message. Send these first, then attach more.")
    await tray.has_uploaded(3)
    provider.say(ANSWER)
    await chat.ask(WORDS)
    assert kinds(provider) == ["text", "image_url", "image_url", "image_url"]
    images = chat.customer.get_by_role("img")
    await see(images, "Photo 1 of 3", "Photo 2 of 3", "Photo 3 of 3")
    assert [await image.get_attribute("width") for image in await images.all()] == ["900", "400", "200"]
    sizes = await chat.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] == sizes[1]


async def test_what_is_not_a_photo_is_told_before_it_travels(
    somebody: Somebody, site: Site, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    posts: list[str] = []
    chat.page.on("request", lambda request: posts.append(request.method))
    for name in ("invoice.pdf", "drawing.svg"):
        (tmp_path / name).write_text(
            "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        )

        await tray.attach(tmp_path / name)

        await expect(tray.note).to_have_text(
            f"“{name}” can't be sent. Only photos and screenshots are supported."
        )
        await expect(tray.photos).to_have_count(0)
    assert "POST" not in posts


async def test_a_photo_that_is_refused_says_why_and_holds_the_message_until_it_is_gone(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    tray = Tray(chat)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and nothing more")
    await tray.attach(tmp_path / "broken.jpg")
    await expect(tray.photos).to_contain_text("This photo is damaged and can't be opened.")
    await tray.photos.get_by_role("button", name="Try again").click()
    await expect(tray.in_state("failed")).to_have_count(1)

    await chat.say(WORDS)
    await expect(tray.note).to_contain_text("A photo couldn't be uploaded.")
    await expect(chat.customer).to_have_count(0)

    await chat.page.get_by_role("button", name="Remove photo").click()
    provider.say(ANSWER)
    await chat.ask(WORDS)
    assert kinds(provider) == ["text"]
    chat.watch.seen[:] = [each for each in chat.watch.seen if "400 (Bad Request)" not in each]


async def test_a_photo_of_a_phone_is_made_small_enough_to_be_sent(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    camera = heavy_photo(tmp_path, "camera.jpg", 4000, 3000)
    assert camera.stat().st_size > 8 * 1024 * 1024
    provider.say(ANSWER)

    await Tray(chat).attached(camera)
    await chat.ask(WORDS)

    assert kinds(provider) == ["text", "image_url"]
    size = await chat.customer.get_by_role("img").evaluate(
        "image => [image.naturalWidth, image.naturalHeight]"
    )
    assert size == [2048, 1536]


# As Firefox does with `privacy.resistFingerprinting`, as in Tor Browser and LibreWolf.
GIVE_ONE_COLOUR_FOR_EACH_CANVAS = """() => {
    const { toBlob, toDataURL } = HTMLCanvasElement.prototype;
    const { getImageData } = CanvasRenderingContext2D.prototype;
    const fill = (context) => {
        context.fillStyle = "slategray";
        context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    };
    const spoil = (method) => function (...given) {
        fill(this.getContext("2d"));
        return method.apply(this, given);
    };
    Object.assign(HTMLCanvasElement.prototype, { toBlob: spoil(toBlob), toDataURL: spoil(toDataURL) });
    CanvasRenderingContext2D.prototype.getImageData = function (...given) {
        fill(this);
        return getImageData.apply(this, given);
    };
}"""


async def test_a_browser_that_hides_what_a_page_has_drawn_sends_photos_as_they_are(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    await chat.page.evaluate(GIVE_ONE_COLOUR_FOR_EACH_CANVAS)
    camera = heavy_photo(tmp_path, "camera.jpg", 2000, 1500)
    assert camera.stat().st_size > 2 * 1024 * 1024
    tray = Tray(chat)
    provider.say(ANSWER)

    await tray.attached(camera)
    await see(tray.photos.get_by_role("img"), "Photo")
    await chat.ask(WORDS)

    _, image = seen_by(provider)
    drawn = Image.open(BytesIO(base64.b64decode(image["image_url"]["url"].partition(",")[2])))
    assert drawn.convert("L").getextrema() == (0, 255)


async def test_photos_of_iphones_those_without_their_end_and_scrolled_pages_are_taken(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site, "alice")
    (tmp_path / "IMG_0001.HEIC").write_bytes(heic(scene()))  # which no browser here can read
    (tmp_path / "copied.jpg").write_bytes(encoded(scene())[:-2])
    (tmp_path / "scrolled.jpg").write_bytes(encoded(noise(270, 5000).resize((1080, 20_000))))
    provider.say(ANSWER)

    tray = Tray(chat)
    await tray.attached(*[tmp_path / name for name in ("IMG_0001.HEIC", "copied.jpg", "scrolled.jpg")])
    await see(tray.photos.get_by_role("img"), "Photo 1", "Photo 2", "Photo 3")
    await chat.ask(WORDS)

    images = chat.customer.get_by_role("img")
    await see(images, "Photo 1 of 3", "Photo 2 of 3", "Photo 3 of 3")
    widths = [await image.evaluate("image => image.naturalWidth") for image in await images.all()]
    assert widths == [320, 320, 412]


async def test_the_page_makes_photos_fit_into_what_this_site_accepts_and_tells_of_one_that_it_cannot(
    somebody: Somebody, new_site: NewSite, provider: Provider, tmp_path: Path
) -> None:
    limit = 1024 * 1024
    with new_site(provider, IMAGE_MAX_BYTES=str(limit)) as site:
        chat = await somebody(site)
        tray = Tray(chat)
        parcel = heavy_photo(tmp_path, "parcel.jpg", 1180, 880)
        camera = heavy_photo(tmp_path, "camera.jpg", 4000, 3000)
        assert 1.15 * limit < parcel.stat().st_size < 1.2 * limit
        (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(parcel.stat().st_size))

        await tray.attached(parcel, camera)
        await tray.attach(tmp_path / "broken.jpg")

        await expect(tray.note).to_have_text("“broken.jpg” is too large: 1.2 MB; the limit is 1 MB.")
        provider.say(ANSWER)
        await chat.ask(WORDS)
        assert kinds(provider) == ["text", "image_url", "image_url"]


async def test_a_photo_is_for_its_customer_and_staff_and_nobody_else(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    alice = await somebody(site, "alice")
    await alice.menu("New conversation")
    await alice.connected()
    await Tray(alice).attached(photo(tmp_path, "parcel.jpg"))
    provider.say(ANSWER)
    await alice.ask(WORDS)
    address = f"{site.url}{await alice.customer.get_by_role('img').get_attribute('src')}"

    for name in ("", "bob"):
        other = await somebody(site, name)
        assert (await other.page.request.get(address)).status == 404

    agent = await somebody(site, "agent")
    await agent.page.goto(f"{site.url}/admin/conversations/conversation/")
    await agent.page.get_by_role("link", name=WORDS).first.click()
    await see(agent.page.locator("#log").get_by_role("img"), "Photo")


async def test_a_page_does_not_move_when_its_photos_come(
    somebody: Somebody, site: Site, provider: Provider, tmp_path: Path
) -> None:
    chat = await somebody(site)
    await Tray(chat).attached(photo(tmp_path, "a.jpg", 300, 900))
    provider.say(ANSWER)
    await chat.ask(WORDS)
    shown = await chat.customer.bounding_box()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    await chat.page.route("**/images/**", hold)
    await chat.page.goto(chat.page.url, wait_until="domcontentloaded")
    await chat.connected()

    assert held
    assert await chat.customer.bounding_box() == shown
