"""A program: it reads a picture from its standard input and writes it to its standard output, re-encoded.

Nothing else decodes uploads. It knows five formats, limits its own memory and time, and lets through only what can
be seen: no metadata, nothing that stands before or behind the picture in the file, and of what moves the first frame.

Pillow and pillow-heif are imported within functions. The process finds them only after `main` has added their folders
to the path, and the server, which imports this module for its constants, must never load them.
"""

import io
import os
import re
import resource
import struct
import sys
from contextlib import suppress
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

JPEG_SIGNATURE, PNG_SIGNATURE = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
GIF_SIGNATURES = (b"GIF87a", b"GIF89a")
JPEG_END = b"\xff\xd9"
# What follows it, unless it is the end, is a segment with its length in front. All else stands within compressed data.
JPEG_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
MAX_PIXELS, MAX_SIDE_PIXELS = 25_000_000, 30_000
# Larger pictures are scaled down to these. A page that was scrolled keeps as many pixels as a photo has, and its text
# stays legible. Some models refuse what is longer than 8,000 pixels.
OUTPUT_PIXELS = 2048 * 1536
OUTPUT_SIDE_PIXELS = 8000
MIN_DECODED_SHARE = 0.5  # of a picture whose end is missing
SPARE_BYTES = 1024  # of which the decoder of a lossy WebP reads some
WEBP_PICTURE_CHUNKS = (b"VP8 ", b"VP8L", b"ALPH", b"ANMF")
TARGET_BYTES = 2 * 1024 * 1024  # of the output; the quality is lowered twice to get there
MEMORY_LIMIT_BYTES = 512 * 1024 * 1024
CPU_LIMIT_SECONDS = 5
NICENESS = 5  # answers that are being streamed come first
EXIF_ORIENTATION_TAG = 0x0112
# By the orientation that EXIF tells, as Pillow names what turns the picture the right way up.
TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
TURNS |= {6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}

# Exit codes when no picture is written. Any other means that it could not be decoded.
EXIT_TOO_LARGE, EXIT_INCOMPLETE = 3, 4


def main() -> int:
    _limit_resources()
    sys.path.extend(sys.argv[1:])  # the folders in which Pillow and pillow-heif are installed
    try:
        return _reencode_image(sys.stdin.buffer.read())
    except MemoryError:
        return EXIT_TOO_LARGE


def is_supported_format(data: bytes) -> bool:
    """Whether the bytes begin as JPEG, PNG, GIF, WebP or HEIC do. A file's name and content type are mere claims."""
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return data.startswith((JPEG_SIGNATURE, PNG_SIGNATURE, *GIF_SIGNATURES)) or is_webp or is_heic(data)


def is_heic(data: bytes) -> bool:
    """Whether the bytes begin as the photos of iPhones do, or name their format as one that they are readable as."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    return not HEIC_BRANDS.isdisjoint(data[start : start + 4] for start in (8, *range(16, end, 4)))


def _limit_resources() -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_SECONDS, CPU_LIMIT_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":  # other systems accept this limit without enforcing it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def _reencode_image(data: bytes) -> int:
    if not _is_size_allowed(_read_webp_size(data)):
        return EXIT_TOO_LARGE
    complete = _complete_jpeg if data.startswith(JPEG_SIGNATURE) else _complete_webp
    try:
        return _reencode_completed(data, complete(data))
    except (OSError, SyntaxError):
        if not data.startswith((PNG_SIGNATURE, *GIF_SIGNATURES)):
            raise
    from PIL import ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = True  # and notes with a wrong checksum
    return _reencode_completed(data, data, is_whole=False)


def _reencode_completed(data: bytes, completed: bytes, *, is_whole: bool = True) -> int:
    with _open_image(completed) as image:  # reads the header only
        if not _is_size_allowed(image.size):
            return EXIT_TOO_LARGE
        image.draft("RGB", _fit_size(image.size))  # a large JPEG is then decoded at half its size or less
        is_interlaced = _is_interlaced(image)
        image.load()
        is_whole = is_whole and completed == data
        if not is_whole and _measure_share(image, data, completed, is_interlaced) < MIN_DECODED_SHARE:
            return EXIT_INCOMPLETE
        picture = _draw_image(image)
    content_type, encoded = _encode_image(picture)
    sys.stdout.buffer.write(f"{content_type} {picture.width} {picture.height}\n".encode())
    sys.stdout.buffer.write(encoded)
    return 0


def _read_webp_size(data: bytes) -> tuple[int, int]:
    """The width and height in the header of a WebP, (1, 1) for other formats.

    Pillow allocates memory for the whole WebP before it tells its size, so the header is read here first.
    """
    form = data[12:16] if data[:4] == b"RIFF" else b""
    if form == b"VP8X":
        return _read_integer(data[24:27]) + 1, _read_integer(data[27:30]) + 1
    if form == b"VP8L":
        bits = _read_integer(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        return _read_integer(data[26:28]) & 0x3FFF, _read_integer(data[28:30]) & 0x3FFF
    return 1, 1


def _read_integer(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _is_size_allowed(size: tuple[int, int]) -> bool:
    return max(size) <= MAX_SIDE_PIXELS and size[0] * size[1] <= MAX_PIXELS


def _complete_jpeg(data: bytes) -> bytes:
    """The same bytes if the JPEG has an end, else what is whole of it with an end, as every viewer shows it."""
    position = 2
    while marker := JPEG_MARKER.search(data, position):
        if marker[0] == JPEG_END:
            return data
        length = data[marker.end() : marker.end() + 2]
        position = marker.end() + int.from_bytes(length, "big")
        if len(length) < 2 or position > len(data):
            return data[: marker.start()] + JPEG_END
    return data + JPEG_END


def _complete_webp(data: bytes) -> bytes:
    """The same bytes if they are as many as it says, else the picture filled up by zeros, without a cut note behind."""
    if data[:4] != b"RIFF" or len(data) >= 8 + _read_integer(data[4:8]):
        return data
    chunks, position = b"", 12
    while position + 8 <= len(data):
        name, length = data[position : position + 4], _read_integer(data[position + 4 : position + 8])
        body = data[position + 8 : position + 8 + length]
        if len(body) < length <= 4 * len(data) and name in WEBP_PICTURE_CHUNKS:
            body = body.ljust(length + SPARE_BYTES * (name == b"VP8 "), b"\0")
        if len(body) >= length:
            chunks += name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
        position += 8 + length + length % 2
    return b"RIFF" + (4 + len(chunks)).to_bytes(4, "little") + b"WEBP" + chunks


def _is_interlaced(image: "ImageFile") -> bool:
    """Before it is decoded: of a GIF nothing knows it afterwards."""
    how = image.tile[0].args if image.format == "GIF" and image.tile else None
    return bool(how[1] if isinstance(how, tuple) else image.info.get("interlace"))


def _measure_share(image: "ImageFile", data: bytes, completed: bytes, is_interlaced: bool) -> float:
    """How much of it is there, from 0 to 1. The rest is the middle of each channel of a JPEG, else 0 or transparent."""
    if data[:4] == b"RIFF":
        return len(data) / max(len(completed) - SPARE_BYTES, 1)
    blank = (127, 128) if data.startswith(JPEG_SIGNATURE) else (0, image.info.get("transparency", 0))
    is_decoded = [value not in blank for value in range(256)]
    bands = [band.point(is_decoded) for band in image.split()]
    if is_interlaced:  # each eighth row comes first
        return max(sum(band.getprojection()[1]) for band in bands) / image.height
    return max(box[3] if (box := band.getbbox()) else 0 for band in bands) / image.height


def _open_image(data: bytes) -> "ImageFile":
    # Not Image.open(): it loads decoders of many more formats, and takes the MPO files of some cameras, which hold
    # two pictures, for animations.
    from PIL.GifImagePlugin import GifImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    if is_heic(data):
        return _open_heic(data)
    if data.startswith(JPEG_SIGNATURE):
        return JpegImageFile(io.BytesIO(data))
    if data.startswith(GIF_SIGNATURES):
        return GifImageFile(io.BytesIO(data))
    return (PngImageFile if data.startswith(PNG_SIGNATURE) else WebPImageFile)(io.BytesIO(data))


def _open_heic(data: bytes) -> "ImageFile":
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1  # each more takes much of the little memory
    # What a file holds besides its picture is not to be decoded, nor taken for it.
    pillow_heif.options.THUMBNAILS = False
    pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False
    # Already turned, and its EXIF data say so. Its constructor has no types.
    return pillow_heif.HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]


def _fit_size(size: tuple[int, int]) -> tuple[int, int]:
    """The largest size in the same proportions that has neither more pixels than allowed nor a longer side."""
    width, height = size
    scale = min(1, OUTPUT_SIDE_PIXELS / max(size), sqrt(OUTPUT_PIXELS / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _draw_image(image: "ImageFile") -> "Image":
    """The picture as RGB or RGBA in the colours of a screen, no larger than `_fit_size`, and the right way up."""
    from PIL.Image import Resampling, Transpose

    picture = _convert_mode(image)
    size = _fit_size(picture.size)
    if picture.size != size:
        picture = picture.resize(size, Resampling.LANCZOS, reducing_gap=2)
    picture = _convert_to_srgb(picture, image.info.get("icc_profile"))
    # Read after the decoding: reading the EXIF data of a PNG decodes it, and errors there are passed over.
    turn = TURNS.get(_read_orientation(image))
    return picture.transpose(Transpose[turn]) if turn else picture


def _read_orientation(image: "ImageFile") -> int:
    try:
        return int(image.getexif().get(EXIF_ORIENTATION_TAG, 1))
    except (OSError, SyntaxError, ArithmeticError, KeyError, TypeError, ValueError, struct.error):
        return 1  # the metadata is broken, which must not lose the picture


def _convert_mode(image: "ImageFile") -> "Image":
    """The picture as L, RGB, RGBA or CMYK: it can be scaled as these, and a colour profile is for one of them."""
    if image.mode.startswith("I"):  # greyscale of 16 bits
        return image.point(lambda grey: grey / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _convert_to_srgb(picture: "Image", profile: bytes | None) -> "Image":
    """The picture as RGB, or RGBA if some of it is transparent, in the colours that the profile means."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        from PIL import ImageCms

        # A profile that is broken, or for other modes, must not lose the picture.
        with suppress(OSError, TypeError, ValueError, ImageCms.PyCMSError):
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, io.BytesIO(profile), srgb, outputMode=mode)
            picture = converted or picture
    picture = picture.convert(mode)
    is_solid = mode == "RGB" or picture.getchannel("A").getextrema() == (255, 255)
    return picture.convert("RGB") if is_solid else picture


def _encode_image(picture: "Image") -> tuple[str, bytes]:
    """Returns (content type, data): PNG for drawings and transparency, else JPEG, in which photos are far smaller."""
    from PIL.Image import new

    if picture.mode == "RGBA" or picture.getcolors(256):
        png = _save_image(picture, "PNG")
        if len(png) <= TARGET_BYTES:
            return "image/png", png
    if picture.mode == "RGBA":
        paper = new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    for quality in (85, 70, 50):
        jpeg = _save_image(picture, "JPEG", quality=quality)
        if len(jpeg) <= TARGET_BYTES:
            break
    return "image/jpeg", jpeg


def _save_image(picture: "Image", image_format: str, **options: int) -> bytes:
    picture.info.clear()  # Pillow would write comments, colour profiles and the like again
    stream = io.BytesIO()
    picture.save(stream, image_format, **options)
    return stream.getvalue()


if __name__ == "__main__":
    sys.exit(main())
