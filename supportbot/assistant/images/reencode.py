"""A program: it reads a picture from its standard input and writes it to its standard output, re-encoded.

Nothing else decodes uploads. It knows three formats, limits its own memory and time, and lets through only what can
be seen: no metadata, and nothing that stands before or behind the picture in the file.

Pillow is imported within functions. The process finds it only after `main` has added its folder to the path, and the
server, which imports this module for its constants, must never load it.
"""

import io
import os
import resource
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

JPEG_SIGNATURE, PNG_SIGNATURE = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
MAX_PIXELS = 25_000_000
MAX_SIDE_PIXELS = 8192
OUTPUT_SIDE_PIXELS = 2048  # at most; larger pictures are scaled down
TARGET_BYTES = 2 * 1024 * 1024  # of the output; the quality is lowered twice to get there
MEMORY_LIMIT_BYTES = 512 * 1024 * 1024
CPU_LIMIT_SECONDS = 5
NICENESS = 5  # answers that are being streamed come first
EXIF_ORIENTATION_TAG = 0x0112

# Exit codes when no picture is written. Any other means that it could not be decoded.
EXIT_TOO_LARGE, EXIT_ANIMATED = 3, 4


def main() -> int:
    _limit_resources()
    sys.path.append(sys.argv[1])  # the folder in which Pillow is installed
    try:
        return _reencode_image(sys.stdin.buffer.read())
    except MemoryError:
        return EXIT_TOO_LARGE


def is_supported_format(data: bytes) -> bool:
    """Whether the bytes begin as JPEG, PNG or WebP do. A file's name and content type are mere claims."""
    return data.startswith((JPEG_SIGNATURE, PNG_SIGNATURE)) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


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
    with _open_image(data) as image:  # reads the header only
        if not _is_size_allowed(image.size):
            return EXIT_TOO_LARGE
        if getattr(image, "is_animated", False):
            return EXIT_ANIMATED
        picture = _scale_image(image)
    content_type, encoded = _encode_image(picture)
    sys.stdout.buffer.write(f"{content_type} {picture.width} {picture.height}\n".encode())
    sys.stdout.buffer.write(encoded)
    return 0


def _read_webp_size(data: bytes) -> tuple[int, int]:
    """The width and height in the header of a WebP, (1, 1) for other formats.

    Pillow allocates memory for the whole WebP before it tells its size, so the header is read here first.
    """
    if data[:4] == b"RIFF" and data[12:16] == b"VP8X":
        return _read_integer(data[24:27]) + 1, _read_integer(data[27:30]) + 1
    if data[:4] == b"RIFF" and data[12:16] == b"VP8L":
        bits = _read_integer(data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if data[:4] == b"RIFF" and data[12:16] == b"VP8 ":
        return _read_integer(data[26:28]) & 0x3FFF, _read_integer(data[28:30]) & 0x3FFF
    return 1, 1


def _read_integer(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _is_size_allowed(size: tuple[int, int]) -> bool:
    return max(size) <= MAX_SIDE_PIXELS and size[0] * size[1] <= MAX_PIXELS


def _open_image(data: bytes) -> "ImageFile":
    # Not Image.open(): it loads decoders of many more formats, and takes the MPO files of some cameras, which hold
    # two pictures, for animations.
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    if data.startswith(JPEG_SIGNATURE):
        return JpegImageFile(io.BytesIO(data))
    return (PngImageFile if data.startswith(PNG_SIGNATURE) else WebPImageFile)(io.BytesIO(data))


def _scale_image(image: "ImageFile") -> "Image":
    """The picture as RGB or RGBA, scaled to `OUTPUT_SIDE_PIXELS` and the right way up."""
    from PIL.Image import Resampling, Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    output_size = (OUTPUT_SIDE_PIXELS, OUTPUT_SIDE_PIXELS)
    image.draft("RGB", output_size)  # a large JPEG is then decoded at half its size or less
    picture = _convert_mode(image)
    picture.thumbnail(output_size, Resampling.LANCZOS)
    # Read after the decoding: reading the EXIF data of a PNG decodes it, and errors there are passed over.
    turn = turns.get(_read_orientation(image))
    return picture if turn is None else picture.transpose(turn)


def _read_orientation(image: "ImageFile") -> int:
    try:
        return int(image.getexif().get(EXIF_ORIENTATION_TAG, 1))
    except (OSError, SyntaxError, ArithmeticError, KeyError, TypeError, ValueError, struct.error):
        return 1  # the metadata is broken, which must not lose the picture


def _convert_mode(image: "ImageFile") -> "Image":
    if image.mode.startswith("I"):  # greyscale of 16 bits
        return image.point(lambda grey: grey / 256).convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    picture = image.convert("RGBA")
    is_solid = picture.getchannel("A").getextrema() == (255, 255)
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
