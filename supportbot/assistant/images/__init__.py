"""Uploaded pictures, re-encoded before anybody sees or stores them.

    picture = await prepare(data)
    Message("user", "It arrived like this.", images=(picture.as_image(),))

Whatever an upload hides besides the picture itself (metadata, trailing data, an attack on the decoder) ends in a
process of its own, `reencode`, which has little memory and time.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache

from ..messages import Detail, Image
from ..translation import gettext_noop
from .child_process import PROCESS_KILLED, Reencoder, ReencoderBusy
from .reencode import (
    EXIT_INCOMPLETE,
    EXIT_TOO_LARGE,
    JPEG_SIGNATURE,
    MAX_PIXELS,
    MAX_SIDE_PIXELS,
    PNG_SIGNATURE,
    is_heic,
    is_supported_format,
)

MAX_BYTES = 8 * 1024 * 1024
MAX_OUTPUT_BYTES = 4 * 1024 * 1024
EXIT_MESSAGES = {
    EXIT_INCOMPLETE: gettext_noop(
        "Most of this photo is missing from the file. Please send another copy, or a screenshot of it."
    ),
    PROCESS_KILLED: gettext_noop(
        "This photo took too long to open. Please try again, or send a smaller one."
    ),
}
UNREADABLE_HEIC = gettext_noop(
    "This HEIC photo can't be opened. Please send it as JPEG, or send a screenshot of it."
)
DAMAGED = gettext_noop("This photo is damaged and can't be opened. Please try another one.")


class PictureError(Exception):
    """A picture is refused. `message` tells the customer why: in English, to be translated, and then to be filled
    with `values`. `str()` of the error is that in English.
    """

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message % values)
        self.message = message
        self.values = values


@dataclass(frozen=True, slots=True)
class Picture:
    """A re-encoded picture: JPEG or PNG, with nothing in it but what can be seen. Width and height are in pixels."""

    data: bytes = field(repr=False)
    content_type: str
    width: int
    height: int

    def as_image(self, detail: Detail = "high") -> Image:
        """The picture as a data URL, which models accept. Takes milliseconds for a large one."""
        return Image(f"data:{self.content_type};base64,{b64encode(self.data).decode('ascii')}", detail)


async def prepare(data: bytes, max_bytes: int = MAX_BYTES) -> Picture:
    """Re-encode an uploaded picture. Raises `PictureError` for anything but JPEG, PNG, GIF, WebP and HEIC.

    Of what moves the first frame is taken, and what is there of one whose end is missing.
    """
    if not data:
        raise PictureError(gettext_noop("This file is empty."))
    if len(data) > max_bytes:
        raise build_size_error(max_bytes)
    if not is_supported_format(data):
        raise PictureError(gettext_noop("This file type isn't supported. Please use JPEG, PNG or WebP."))
    try:
        exit_code, output = await _get_reencoder().reencode_picture(data, MAX_OUTPUT_BYTES)
    except ReencoderBusy:
        message = gettext_noop("Many photos are being sent right now. Please try again in a moment.")
        raise PictureError(message) from None
    if exit_code:
        raise _build_exit_error(exit_code, is_heic(data))
    return _parse_output(output)


def build_size_error(max_bytes: int) -> PictureError:
    """The refusal of a file that has more than `max_bytes`."""
    limit = f"{max_bytes / 1024 / 1024:.3g}"
    return PictureError(gettext_noop("This photo is too large. The limit is %(limit)s MB."), limit=limit)


@cache
def _get_reencoder() -> Reencoder:
    """One for the whole process, whose limits it keeps."""
    return Reencoder()


def _build_exit_error(exit_code: int, is_heic_photo: bool) -> PictureError:
    """What the exit code of `reencode` means to the customer."""
    if exit_code == EXIT_TOO_LARGE:
        return PictureError(
            gettext_noop(
                "This photo is too large. "
                "The limit is %(megapixels)s megapixels and %(pixels)s pixels a side."
            ),
            megapixels=f"{MAX_PIXELS // 1_000_000}",
            pixels=f"{MAX_SIDE_PIXELS:,}",
        )
    return PictureError(EXIT_MESSAGES.get(exit_code) or (UNREADABLE_HEIC if is_heic_photo else DAMAGED))


def _parse_output(output: bytes) -> Picture:
    """Check what the process wrote, which may be anything if the upload took it over. Raises `PictureError`."""
    head, _, data = output.partition(b"\n")
    try:
        content_type, width, height = head.decode("ascii").split(" ")
        picture = Picture(data, content_type, int(width), int(height))
    except ValueError:
        raise PictureError(DAMAGED) from None
    signatures = {"image/jpeg": JPEG_SIGNATURE, "image/png": PNG_SIGNATURE}
    signature = signatures.get(content_type)
    if signature is None or not data.startswith(signature) or len(output) > MAX_OUTPUT_BYTES:
        raise PictureError(DAMAGED)
    return picture
