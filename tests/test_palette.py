"""The colours of our sheets: whatever is written in them can be read, in light and in dark."""

import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

STATIC = Path(__file__).resolve().parent.parent / "static"
SHEETS = ("chat/palette.css", "desk/desk.css")
READABLE_RATIO = 4.5  # WCAG 2.2, AA
VISIBLE_RATIO = 3  # of the edge of a field

# What is written in which colour on which ground.
WRITTEN = {
    "ink": ("ground", "paper", "raised", "note"),
    "quiet": ("ground", "paper", "raised"),
    "accent": ("ground", "paper", "tint-ground"),
    "on-accent": ("accent",),
    "on-mine": ("mine",),
    "warm": ("ground", "paper", "warm-ground"),
    "good": ("ground", "paper"),
    "button-fg": ("button-bg", "button-hover-bg", "close-button-bg", "close-button-hover-bg"),
    "object-tools-fg": ("object-tools-bg",),
}


def read_colours(scheme: int) -> dict[str, str]:
    """The sheets' colours by name: 0 in light, 1 in dark."""
    text = "".join((STATIC / sheet).read_text() for sheet in SHEETS)
    colours = {}
    for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", text):
        pair = re.fullmatch(r"light-dark\((#\w+), (#\w+)\)", value)
        colours[name] = pair[scheme + 1] if pair else value
    return colours


def find_colour(colours: dict[str, str], name: str) -> str:
    other = re.fullmatch(r"var\(--([\w-]+)\)", colours[name])
    return find_colour(colours, other[1]) if other else colours[name]


def measure_luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def measure_contrast(one: str, other: str) -> float:
    dark, light = sorted(measure_luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_what_is_written_can_be_read(scheme: int) -> None:
    colours = read_colours(scheme)
    pairs = [(ink, ground) for ink, grounds in WRITTEN.items() for ground in grounds]

    contrasts = {
        f"{ink} on {ground}": measure_contrast(find_colour(colours, ink), find_colour(colours, ground))
        for ink, ground in pairs
    }

    assert {pair: ratio for pair, ratio in contrasts.items() if ratio < READABLE_RATIO} == {}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "paper"])
def test_the_edge_of_a_field_can_be_seen(scheme: int, ground: str) -> None:
    colours = read_colours(scheme)

    assert measure_contrast(find_colour(colours, "edge"), find_colour(colours, ground)) >= VISIBLE_RATIO
    assert find_colour(colours, "border-color") == find_colour(colours, "edge")  # that of Django's own rules


DJANGO_SHEETS = sorted((Path(django.__file__).parent / "contrib/admin/static/admin/css").glob("*.css"))
COLOUR = re.compile(r"var\(--([\w-]+)\)|(#[0-9a-f]{6}|#[0-9a-f]{3}|white)\b")


def list_declarations(sheet: Path) -> Iterator[tuple[str, str, str]]:
    """What a sheet says by selector: the property and its value."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
        for selector in selectors.split(","):
            for name, value in re.findall(r"(?<![\w-])(background|color)(?:-color)?:\s*([^;]+)", body):
                yield " ".join(selector.split()), name, value


def resolve_colour(colours: dict[str, str], value: str) -> str:
    """Six digits; empty for what is no colour, and for names that are Django's alone."""
    found = COLOUR.search(value)
    if found is None or (found[1] and found[1] not in colours):
        return ""
    if found[1]:
        return resolve_colour(colours, colours[found[1]])
    digits = found[2].lstrip("#").replace("white", "ffffff")
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_what_django_itself_writes_in_our_colours_can_be_read(scheme: int) -> None:
    """Where one rule of its sheets names both, unless a rule of ours for the same selector says otherwise."""
    colours = read_colours(scheme)
    rules: dict[str, dict[str, str]] = {}
    for sheet in (*DJANGO_SHEETS, *(STATIC / name for name in SHEETS)):
        for selector, name, value in list_declarations(sheet):
            rules.setdefault(selector, {})[name] = resolve_colour(colours, value)
    written = {
        selector: measure_contrast(rule["color"], rule["background"])
        for selector, rule in rules.items()
        if rule.get("color") and rule.get("background") and selector != "hr"  # a line has no words
    }

    assert len(written) > 30
    assert {rule: ratio for rule, ratio in written.items() if ratio < READABLE_RATIO} == {}


FIELD = re.compile(r"\b(input|textarea|select)(\[type=\"(?!submit|button)\w+\"\])?$")


def test_every_rule_gives_a_field_that_edge() -> None:
    borders = {
        f"{sheet.name}: {selector.strip()}": colour
        for sheet in STATIC.glob("*/*.css")
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet.read_text())
        for colour in re.findall(r"border: 1px solid var\(--([\w-]+)\)", body)
        for selector in selectors.split(",")
        if FIELD.search(selector.strip())
    }

    assert len(borders) > 10
    assert {selector: colour for selector, colour in borders.items() if colour != "edge"} == {}


def test_a_colour_that_cannot_be_read_is_noticed() -> None:
    assert measure_contrast("#ffffff", "#9aa1b5") < READABLE_RATIO < measure_contrast("#ffffff", "#3350d8")
