"""Pictures as customers send them, and what strangers send in place of one. All of it is made here, none is kept."""

import io
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from zipfile import ZipFile

import pillow_heif
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

pillow_heif.register_heif_opener()

CANARY = b"canary-2f9c"  # in every hidden corner of the pictures that have such corners
SCRIPT = b"<script>alert('" + CANARY + b"')</script>"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + CANARY + b"</x:xmpmeta>"


def scene(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Something to look at: red above left, green above right, blue below, and shades between them."""
    small = Image.new("RGB", (2, 2), "blue")
    small.putpixel((0, 0), (255, 0, 0))
    small.putpixel((1, 0), (0, 255, 0))
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def noise(width: int, height: int) -> Image.Image:
    """What no format can make much smaller."""
    return Image.frombytes("RGB", (width, height), os.urandom(3 * width * height))


def encoded(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


def exif(orientation: int = 1) -> bytes:
    """What a phone writes: who made it, how it was held, and where."""
    data = Image.Exif()
    data[0x010F] = data[0x013B] = CANARY.decode()
    data[0x0112] = orientation
    data.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 59.0), 3: "E", 4: (13.0, 22.0, 39.0)})
    return data.tobytes()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG by hand, of greys, which may claim what is not so."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + png_chunk(b"IEND", b"")


@cache
def bomb(size: int) -> bytes:
    """So many bytes, packed into a thousandth."""
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packing.flush()


@cache
def largest() -> bytes:
    """A photo of as many megapixels as there may be."""
    return encoded(scene(5000, 5000), exif=exif())


def webp(kind: bytes, body: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def jpeg_of_size(width: int, height: int) -> bytes:
    """A JPEG that says it is of this size."""
    data = encoded(scene())
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def heic_of_size(width: int, height: int) -> bytes:
    """A HEIC that says it is of this size."""
    said = b"ispe" + bytes(4) + struct.pack(">II", width, height)
    return heic(scene(320, 192)).replace(b"ispe" + bytes(4) + struct.pack(">II", 320, 192), said)


def archive() -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w") as file:
        file.writestr("Evil.class", CANARY)
    return stream.getvalue()


def moving(form: str, frames: int = 3) -> bytes:
    others = [scene(16, 16).rotate(90 * number) for number in range(1, frames)]
    return encoded(scene(16, 16), form, save_all=True, append_images=others, duration=50)


def heic(picture: Image.Image, **options: Any) -> bytes:
    """As iPhones write it."""
    return encoded(picture, "HEIF", quality=90, **options)


def cut(data: bytes, fraction: float) -> bytes:
    """The beginning of a file whose download or copy ended too early."""
    return data[: int(len(data) * fraction)]


@cache
def swapped_profile() -> bytes:
    """A colour profile of sRGB in which red and green have changed their places."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ"), data.index(b"gXYZ")
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


def phone_photo(orientation: int = 1) -> bytes:
    """A JPEG with all that cameras and programs hide in one."""
    return encoded(scene(), exif=exif(orientation), xmp=XMP, comment=CANARY, icc_profile=CANARY * 40)


def annotated_png() -> bytes:
    notes = PngInfo()
    notes.add_text("Comment", CANARY.decode())
    notes.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    notes.add(b"prVt", CANARY)
    return encoded(scene(), "PNG", pnginfo=notes, exif=exif(), icc_profile=CANARY * 40)


# Pictures that customers really send, or that are pictures whatever else they are. Each is made when it is needed.
GOOD: Mapping[str, Callable[[], bytes]] = {
    "a phone's photo": phone_photo,
    "a progressive JPEG": lambda: encoded(scene(), progressive=True, comment=CANARY),
    "a JPEG for printing": lambda: encoded(scene(mode="CMYK"), comment=CANARY),
    "a JPEG of greys": lambda: encoded(scene(mode="L"), comment=CANARY),
    "a camera's double picture": lambda: encoded(scene(), "MPO", save_all=True, append_images=[scene()]),
    "a PNG with notes": annotated_png,
    "a transparent PNG": lambda: encoded(scene(mode="RGBA").rotate(9), "PNG", exif=exif()),
    "a PNG of few colours": lambda: encoded(scene(mode="P"), "PNG", transparency=0, exif=exif()),
    "a PNG of black and white": lambda: encoded(scene(mode="1"), "PNG", exif=exif()),
    "a PNG of deep greys": lambda: encoded(Image.new("I;16", (90, 60), 9999), "PNG", exif=exif()),
    "a WebP": lambda: encoded(scene(), "WEBP", exif=exif(), xmp=XMP, icc_profile=CANARY * 40),
    "a lossless, transparent WebP": lambda: encoded(
        scene(mode="RGBA").rotate(9), "WEBP", lossless=True, exif=exif()
    ),
    "the largest there may be": largest,
    "as long as may be": lambda: encoded(scene(30_000, 10), "PNG", exif=exif()),
    "a dot": lambda: encoded(scene(1, 1), exif=exif()),
    "a JPEG with broken notes": lambda: encoded(scene(), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + CANARY),
    "a JPEG with a script in its comment": lambda: encoded(scene(), comment=SCRIPT),
    "a JPEG with a page behind it": lambda: encoded(scene()) + b"<html>" + SCRIPT,
    "a JPEG with a film behind it": lambda: encoded(scene()) + b"\0\0\0\x18ftypmp42" + CANARY * 1000,
    "a JPEG that is an archive too": lambda: encoded(scene()) + archive(),
    "a PNG that is an archive too": lambda: encoded(scene(), "PNG") + archive(),
    "a WebP with a page behind it": lambda: encoded(scene(), "WEBP") + SCRIPT,
    # Of an iPhone.
    "a HEIC": lambda: heic(scene(), exif=exif(6), xmp=XMP, icc_profile=CANARY * 40),
    "a HEIC of tiles": lambda: heic(scene(), exif=exif(), tile_size=64),
    "a transparent HEIC": lambda: heic(scene(mode="RGBA").rotate(9), exif=exif()),
    "a HEIC of greys": lambda: heic(scene(mode="L"), exif=exif()),
    "a HEIC of another maker": lambda: heic(scene()).replace(b"ftypheic", b"ftypmif1"),
    "a HEIC of two pictures": lambda: heic(scene(), save_all=True, append_images=[scene()]),
    # That move.
    "a moving PNG": lambda: moving("PNG"),
    "a moving WebP": lambda: moving("WEBP"),
    "a GIF": lambda: encoded(scene(16, 16, "P"), "GIF", comment=CANARY),
    "a transparent GIF": lambda: encoded(scene(16, 16, "P"), "GIF", transparency=0, comment=CANARY),
    "a GIF of a hundred frames": lambda: moving("GIF", 100),
    "a GIF that is an archive too": lambda: encoded(scene(16, 16, "P"), "GIF") + archive(),
    # Whose end is missing.
    "a JPEG without its end": lambda: encoded(scene(), exif=exif())[:-2],
    "a JPEG without half of its end": lambda: encoded(scene(), exif=exif())[:-1],
    "most of a JPEG": lambda: cut(encoded(noise(200, 200), exif=exif()), 0.8),
    "most of a JPEG of greys": lambda: cut(encoded(noise(200, 200).convert("L")), 0.8),
    "most of a JPEG for printing": lambda: cut(encoded(noise(200, 200).convert("CMYK")), 0.8),
    "most of a progressive JPEG": lambda: cut(encoded(noise(200, 200), progressive=True), 0.8),
}

BAD: Mapping[str, Callable[[], bytes]] = {
    # Larger than any picture of ours, by what they say or in truth.
    "a PNG of 50,000 x 50,000": lambda: png(50_000, 50_000, png_chunk(b"IDAT", bomb(100_000_000))),
    "a PNG a little too large": lambda: png(5001, 5000, png_chunk(b"IDAT", bomb(25_000_000))),
    "a PNG a pixel too wide": lambda: encoded(scene(30_001, 1), "PNG"),
    "a JPEG of 65,500 x 65,500": lambda: jpeg_of_size(65_500, 65_500),
    "a JPEG too wide": lambda: jpeg_of_size(50_000, 300),
    "a WebP of 16,384 x 16,384": lambda: webp(b"VP8X", b"\0\0\0\0" + b"\xff\x3f\0" * 2),
    "a WebP with a plane of 16,384 x 16,384": lambda: webp(b"VP8L", b"\x2f" + b"\xff" * 4 + bytes(90)),
    "a WebP with a frame of 16,383 x 16,383": lambda: webp(
        b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + b"\xff\x3f" * 2 + bytes(90)
    ),
    "a PNG with a bomb as its profile": lambda: png(
        9, 9, png_chunk(b"iCCP", b"a\0\0" + bomb(90_000_000)), png_chunk(b"IDAT", zlib.compress(bytes(90)))
    ),
    "a PNG with a bomb as its comment": lambda: png(
        9, 9, png_chunk(b"zTXt", b"a\0\0" + bomb(90_000_000)), png_chunk(b"IDAT", zlib.compress(bytes(90)))
    ),
    "a file of 9 MB": lambda: encoded(scene()) + bytes(9 * 1024 * 1024),
    "a GIF of 65,535 x 65,535": lambda: b"GIF89a" + b"\xff" * 4 + encoded(scene(16, 16, "P"), "GIF")[10:],
    "a GIF with a frame of 65,535 x 65,535": lambda: (
        b"GIF89a\1\0\1\0\0\0\0," + bytes(4) + b"\xff" * 4 + bytes(90)
    ),
    "a HEIC of 65,535 x 65,535": lambda: heic_of_size(65_535, 65_535),
    "a HEIC a little too large": lambda: heic_of_size(5001, 5000),
    # Other formats, most of them with a decoder in Pillow that nobody here may reach.
    "an SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "an SVG with a head": lambda: b'<?xml version="1.0"?>\n<svg onload="alert(1)"/>',
    "an EPS": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n%%EOF\n",
    "a PDF": lambda: encoded(scene(), "PDF"),
    "a FITS": lambda: b"SIMPLE  =                    T" + b" " * 50 + b"END".ljust(2800),
    "a TIFF": lambda: encoded(scene(), "TIFF"),
    "a BMP": lambda: encoded(scene(), "BMP"),
    "an ICO": lambda: encoded(scene(64, 64), "ICO"),
    "a PPM": lambda: encoded(scene(), "PPM"),
    "a TGA": lambda: encoded(scene(), "TGA"),
    "a PCX": lambda: encoded(scene(), "PCX"),
    "an ICNS": lambda: encoded(scene(64, 64), "ICNS"),
    "a JPEG 2000": lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(90),
    "a PSD": lambda: b"8BPS\0\1" + bytes(90),
    "the first bytes of a HEIC": lambda: b"\0\0\0\x18ftypheic" + bytes(90),
    "half of a HEIC": lambda: cut(heic(noise(200, 200)), 0.5),
    "a HEIC that goes on as a page": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + SCRIPT * 9,
    "a film": lambda: b"\0\0\0\x18ftypmp42" + bytes(90),
    "a sound": lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(90),
    # Not pictures at all, or something else first.
    "nothing": lambda: b"",
    "a zero": lambda: b"\0",
    "a text": lambda: b"Dear Sir or Madam,",
    "a page": lambda: b"<!doctype html>" + SCRIPT,
    "a page with a JPEG behind it": lambda: b"<html>" + SCRIPT + encoded(scene()),
    "an archive": archive,
    "a program": lambda: b"\x7fELF\2\1\1" + bytes(90),
    "a script": lambda: b"#!/bin/sh\ncat /etc/passwd\n",
    # That only begin as a picture does.
    "the first bytes of a JPEG": lambda: b"\xff\xd8\xff",
    "the first bytes of a PNG": lambda: b"\x89PNG\r\n\x1a\n",
    "the first bytes of a GIF": lambda: b"GIF89a",
    "the first bytes of a WebP": lambda: b"RIFF\x24\0\0\0WEBP",
    "half of a JPEG": lambda: encoded(noise(200, 200))[:9000],
    "a sliver of a JPEG": lambda: cut(encoded(noise(200, 200)), 0.1),
    "a sliver of a JPEG for printing": lambda: cut(encoded(noise(200, 200).convert("CMYK")), 0.1),
    "a sliver of a progressive JPEG": lambda: cut(encoded(noise(200, 200), progressive=True), 0.015),
    "the head of a JPEG": lambda: encoded(scene(), exif=exif())[:600],
    "half of a GIF": lambda: cut(encoded(noise(200, 200), "GIF"), 0.5),
    "half of a PNG": lambda: encoded(noise(200, 200), "PNG")[:9000],
    "half of a WebP": lambda: encoded(noise(200, 200), "WEBP")[:9000],
    "a JPEG that goes on as a page": lambda: b"\xff\xd8\xff\xe0" + SCRIPT * 9,
    "a PNG that goes on as a page": lambda: b"\x89PNG\r\n\x1a\n" + SCRIPT * 9,
    "a PNG with a wrong sum": lambda: encoded(scene(), "PNG").replace(b"IHDR\0\0\1\x40", b"IHDR\0\0\1\x41"),
    "a PNG without width": lambda: png(0, 9, png_chunk(b"IDAT", zlib.compress(bytes(90)))),
    "a PNG without a picture": lambda: png(9, 9),
    "a PNG with a chunk of two gigabytes": lambda: png(9, 9)[:33] + b"\x7f\xff\xff\xffIDAT" + bytes(90),
}
