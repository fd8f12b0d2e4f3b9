"""A stranger's bytes become a picture of our own, or are refused in plain words. Nothing else comes of them."""

import asyncio
import io
import re
import resource
import signal
import subprocess
import sys
from base64 import b64decode

import psutil
import pytest
from PIL import Image
from PIL.Image import Transpose

from supportbot.assistant.images import PictureError, child_process, prepare, reencode
from supportbot.assistant.messages import Message
from tests.pictures import (
    BAD,
    CANARY,
    GOOD,
    annotated_png,
    cut,
    encoded,
    exif,
    heic,
    largest,
    moving,
    noise,
    phone_photo,
    png_chunk,
    scene,
    swapped_profile,
)

METADATA = (
    b"Exif",
    b"eXIf",
    b"adobe",
    b"xmp",
    b"tEXt",
    b"zTXt",
    b"iTXt",
    b"iCCP",
    b"ICC_PROFILE",
    b"prVt",
    CANARY,
)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def children() -> list[psutil.Process]:
    """The programs that are at work for us now."""
    return [each for each in psutil.Process().children() if reencode.__file__ in cmdline_of(each)]


def cmdline_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


async def until_children(state: bool) -> None:
    async with asyncio.timeout(20):
        while bool(await asyncio.to_thread(children)) is not state:  # noqa: ASYNC110 - it calls nobody back
            await asyncio.sleep(0)


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_picture_of_ours_is_refused_in_plain_words(name):
    data, before = BAD[name](), seconds_of_children()

    with pytest.raises(PictureError) as refusal:
        await prepare(data)

    assert re.fullmatch(r"[A-Z][\w ,.'’]+[.]", str(refusal.value))
    assert seconds_of_children() - before < 2


@pytest.mark.parametrize("name", GOOD)
async def test_what_is_one_is_drawn_anew_and_holds_nothing_that_was_hidden_in_it(name):
    data = GOOD[name]()

    picture = await prepare(data)

    assert picture.data != data
    assert [word for word in METADATA if word in picture.data] == []
    shown = opened(picture.data)
    assert shown.get_format_mimetype() == picture.content_type
    assert shown.size == (picture.width, picture.height)
    assert not shown.getexif()


def test_the_pictures_of_these_tests_do_hide_something():
    assert all(word in phone_photo() for word in (CANARY, b"Exif", b"adobe", b"ICC_PROFILE"))
    assert all(word in annotated_png() for word in (CANARY, b"eXIf", b"iTXt", b"iCCP"))
    assert opened(phone_photo()).getexif().get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("25 megapixels and 30,000 pixels", "a PNG of 50,000 x 50,000"),
        ("The limit is 8 MB", "a file of 9 MB"),
        ("25 megapixels and 30,000 pixels", "a GIF of 65,535 x 65,535"),
        ("25 megapixels and 30,000 pixels", "a HEIC a little too large"),
        ("Most of this photo is missing", "half of a JPEG"),
        ("Most of this photo is missing", "a sliver of a progressive JPEG"),
        ("Most of this photo is missing", "a sliver of a JPEG for printing"),
        ("HEIC photo can't be opened. Please send it as JPEG", "half of a HEIC"),
        ("HEIC photo can't be opened. Please send it as JPEG", "the first bytes of a HEIC"),
        ("JPEG, PNG or WebP", "an SVG"),
        ("is damaged", "the head of a JPEG"),
        ("Most of this photo is missing", "half of a PNG"),
        ("Most of this photo is missing", "half of a GIF"),
        ("Most of this photo is missing", "half of a WebP"),
        ("is empty", "nothing"),
    ],
)
async def test_a_refusal_says_why(words, name):
    with pytest.raises(PictureError, match=words):
        await prepare(BAD[name]())


HELD = [
    (1, None),
    (2, Transpose.FLIP_LEFT_RIGHT),
    (3, Transpose.ROTATE_180),
    (4, Transpose.FLIP_TOP_BOTTOM),
    (5, Transpose.TRANSPOSE),
    (6, Transpose.ROTATE_90),
    (7, Transpose.TRANSVERSE),
    (8, Transpose.ROTATE_270),
]


@pytest.mark.parametrize(("orientation", "turn"), HELD)
async def test_a_photo_is_the_right_way_up_however_the_phone_was_held(orientation, turn):
    held = scene() if turn is None else scene().transpose(turn)
    note = Image.Exif()
    note[reencode.EXIF_ORIENTATION_TAG] = orientation

    picture = await prepare(encoded(held, exif=note.tobytes()))

    assert (picture.width, picture.height) == (320, 200)
    red, green, blue = opened(picture.data).convert("RGB").getpixel((5, 5))
    assert red > 200 > 60 > max(green, blue)
    assert opened(picture.data).convert("RGB").getpixel((315, 5))[1] > 200


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("is_progressive", [False, True])
async def test_what_is_there_of_a_photo_without_its_end_is_shown(mode, is_progressive):
    data = cut(encoded(scene(320, 200, mode), quality=95, progressive=is_progressive, exif=exif()), 0.85)

    picture = await prepare(data)

    assert (picture.width, picture.height) == (320, 200)
    whole = opened((await prepare(encoded(scene(320, 200, mode), quality=95))).data).convert("RGB")
    shown = opened(picture.data).convert("RGB").getpixel((5, 5))
    assert all(abs(was - now) < 12 for was, now in zip(whole.getpixel((5, 5)), shown, strict=True))


@pytest.mark.parametrize("is_progressive", [False, True])
def test_wherever_a_photo_ends_what_is_there_can_be_decoded(is_progressive):
    data = encoded(scene(96, 64), progressive=is_progressive)
    start = data.index(b"\xff\xda") + 16

    for length in range(start, len(data)):
        completed = reencode._complete_jpeg(data[:length])
        assert opened(completed).size == (96, 64)
    assert reencode._complete_jpeg(data) == data


def with_wrong_note(data: bytes) -> bytes:
    place = data.index(b"IDAT") - 4
    return data[:place] + png_chunk(b"tEXt", b"a\0bc")[:-4] + bytes(4) + data[place:]


TRUNCATED = {
    "a PNG without its last chunk": lambda: encoded(scene(), "PNG")[:-12],
    "most of a PNG": lambda: cut(encoded(scene(), "PNG"), 0.8),
    "a GIF without its last bytes": lambda: encoded(scene(), "GIF")[:-20],
    "most of a GIF": lambda: cut(encoded(scene(), "GIF", interlace=0), 0.8),
    "most of an interlaced GIF": lambda: cut(encoded(noise(320, 200), "GIF", interlace=1), 0.8),
    "a WebP without its last bytes": lambda: encoded(scene(), "WEBP")[:-2],
    "most of a WebP": lambda: cut(encoded(scene(), "WEBP"), 0.8),
    "a WebP with a cut note": lambda: encoded(scene(), "WEBP", exif=exif())[:-9],
    "a PNG whose note has a wrong checksum": lambda: with_wrong_note(encoded(scene(), "PNG")),
}


@pytest.mark.parametrize("name", TRUNCATED)
async def test_what_is_there_of_other_pictures_is_shown_too(name):
    picture = await prepare(TRUNCATED[name]())

    assert (picture.width, picture.height) == (320, 200)
    red, green, blue = opened(picture.data).convert("RGB").getpixel((1, 1))
    assert red > 150 > 90 > max(green, blue) or "interlaced" in name


def test_wherever_a_webp_ends_what_is_there_can_be_decoded():
    data = encoded(scene(), "WEBP")

    for length in range(len(data) // 2, len(data)):
        assert opened(reencode._complete_webp(data[:length])).size == (320, 200)
    assert reencode._complete_webp(data) == data


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
async def test_of_what_moves_the_first_frame_is_shown(form):
    picture = await prepare(moving(form))

    assert (picture.width, picture.height) == (16, 16)
    red, green, blue = opened(picture.data).convert("RGB").getpixel((1, 1))
    assert red > 150 > 90 > max(green, blue)


@pytest.mark.parametrize("orientation", [1, 3, 6])
async def test_a_photo_of_an_iphone_is_shown_as_it_was_held(orientation):
    turn = dict(HELD)[orientation]
    held = scene() if turn is None else scene().transpose(turn)

    picture = await prepare(heic(held, exif=exif(orientation)))

    assert (picture.width, picture.height) == (320, 200)
    red, green, blue = opened(picture.data).convert("RGB").getpixel((5, 5))
    assert red > 200 > 60 > max(green, blue)


PROFILED = [
    ("JPEG", "RGB", lambda: encoded(plain("RGB"), quality=100, icc_profile=swapped_profile())),
    ("PNG", "RGB", lambda: encoded(plain("RGB"), "PNG", icc_profile=swapped_profile())),
    ("PNG", "RGBA", lambda: encoded(plain("RGBA"), "PNG", icc_profile=swapped_profile())),
    ("PNG", "P", lambda: encoded(plain("P"), "PNG", icc_profile=swapped_profile())),
    ("WEBP", "RGB", lambda: encoded(plain("RGB"), "WEBP", lossless=True, icc_profile=swapped_profile())),
    ("HEIF", "RGB", lambda: heic(plain("RGB"), icc_profile=swapped_profile())),
]


def plain(mode: str) -> Image.Image:
    return Image.new("RGBA", (64, 64), (200, 30, 30, 255 if mode != "RGBA" else 128)).convert(mode)


@pytest.mark.parametrize(("form", "mode", "make"), PROFILED)
async def test_colours_are_those_that_the_profile_means(form, mode, make):
    picture = opened((await prepare(make())).data)

    red, green, blue = picture.convert("RGB").getpixel((30, 30))
    assert green > 180 > 60 > max(red, blue)
    assert picture.convert("RGBA").getpixel((30, 30))[3] == (128 if mode == "RGBA" else 255)


@pytest.mark.parametrize("length", [0, 200, -90])
async def test_a_broken_profile_does_not_lose_the_photo(length):
    profile = swapped_profile()[:length] or CANARY * 40  # the time is in it, so it must not name the test

    picture = await prepare(encoded(plain("L"), quality=100, icc_profile=profile))

    assert opened(picture.data).convert("RGB").getpixel((30, 30)) == (81, 81, 81)


@pytest.mark.parametrize(
    ("sent", "drawn"),
    [
        ((4000, 3000), (2048, 1536)),
        ((4000, 1000), (3547, 887)),
        ((1170, 2532), (1170, 2532)),  # the screen of a phone
        ((1080, 9000), (614, 5120)),  # a page that was scrolled
        ((1080, 20_000), (412, 7632)),
        ((800, 30_000), (213, 8000)),
        ((10, 30_000), (3, 8000)),
    ],
)
def test_a_large_photo_is_made_smaller_in_its_proportions_and_what_is_tall_stays_legible(sent, drawn):
    assert reencode._fit_size(sent) == drawn


async def test_a_tall_screenshot_keeps_its_width():
    picture = await prepare(encoded(scene(1080, 9000, "L"), "PNG"))

    assert (picture.width, picture.height) == (614, 5120)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
async def test_even_what_cannot_be_packed_stays_well_below_four_megabytes(form):
    data = encoded(noise(2048, 1300), form)

    picture = await prepare(data, 16 * 1024 * 1024)

    assert len(picture.data) <= reencode.TARGET_BYTES
    assert picture.content_type == "image/jpeg"


async def test_what_is_transparent_stays_so():
    glass = scene(mode="RGBA")
    glass.putalpha(77)

    picture = await prepare(encoded(glass, "PNG"))

    assert opened(picture.data).getpixel((5, 5))[3] == 77


async def test_greys_of_sixteen_bits_keep_their_shade():
    picture = await prepare(encoded(Image.new("I;16", (9, 9), 0x8000), "PNG"))

    assert opened(picture.data).convert("L").getpixel((4, 4)) == 0x80


async def test_the_model_is_sent_it_as_a_data_url():
    picture = await prepare(phone_photo())

    message = Message("user", "Look", images=(picture.as_image(),)).as_chat()

    text, part = message["content"]
    assert text == {"type": "text", "text": "Look"}
    assert part["image_url"]["detail"] == "high"
    head, _, data = part["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert b64decode(data) == picture.data


async def test_the_program_that_decodes_is_alone_and_knows_no_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "nobody-may-know")
    task = asyncio.create_task(prepare(largest()))
    await until_children(True)

    known = [each.environ() for each in children()]

    assert known
    assert all("SECRET_KEY" not in each for each in known)
    await task


async def test_it_is_ended_when_nobody_waits_for_it_any_more():
    task = asyncio.create_task(prepare(largest()))
    await until_children(True)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await until_children(False)
    assert (await prepare(phone_photo())).width == 320


async def test_it_is_ended_when_it_takes_too_long(monkeypatch):
    monkeypatch.setattr(child_process, "PROCESS_TIMEOUT_SECONDS", 0.001)

    with pytest.raises(PictureError, match="took too long"):
        await prepare(phone_photo())


async def test_two_are_drawn_at_once_while_some_wait_and_more_are_refused():
    data = encoded(scene(1600, 1600), "PNG")
    tasks = [asyncio.create_task(prepare(data)) for _ in range(child_process.MAX_PENDING_PICTURES + 2)]
    most = 0
    while (await asyncio.wait(tasks, timeout=0.02))[1]:
        most = max(most, len(await asyncio.to_thread(children)))

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert most == child_process.MAX_PROCESSES
    assert [str(each)[:11] for each in outcomes if isinstance(each, PictureError)] == ["Many photos"] * 2
    assert (await prepare(phone_photo())).width == 320


async def test_other_things_go_on_meanwhile():
    task = asyncio.create_task(prepare(largest()))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.005)
        turns += 1

    assert turns > 20
    await task


def bounded(program: str, seconds: int = 30) -> subprocess.CompletedProcess[bytes]:
    """A program within the bounds of the one that decodes, but for another time."""
    start = "import sys; sys.path.append('.'); from supportbot.assistant.images import reencode"
    bounds = f"reencode.CPU_LIMIT_SECONDS = {seconds}; reencode._limit_resources()"
    command = [sys.executable, "-c", f"{start}; {bounds}\n{program}"]
    return subprocess.run(command, capture_output=True, check=False, timeout=60)


def test_the_program_that_decodes_has_little_memory():
    assert bounded("bytearray(400_000_000)").returncode == 0
    assert b"MemoryError" in bounded("bytearray(600_000_000)").stderr


def test_the_program_that_decodes_has_little_time():
    assert bounded("while True: pass", seconds=1).returncode == -signal.SIGKILL


def test_the_program_that_decodes_can_write_no_file(tmp_path):
    done = bounded(f"open({str(tmp_path / 'file')!r}, 'w', buffering=1).write('x\\n')")

    assert b"File too large" in done.stderr
    assert (tmp_path / "file").read_text() == ""
