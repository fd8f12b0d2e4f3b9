r"""Sums in LaTeX, as in `\(3 \times 9{,}90\,€ = 29{,}70\,€\)`, are words of an answer that nothing draws here.

Those of the simple kind become plain text. In Markdown the same marks are brackets that mean nothing (`\(optional\)`),
and two dollars may be those of a price, so what is no sum for certain stays as it is. Two dollars begin one only where
they begin a line.
"""

import re

CLOSINGS = {r"\(": r"\)", r"\[": r"\]", "$$": "$$"}
MAX_FORMULA_CHARS = 300
MAX_NESTING = 5
SYMBOLS = {
    "times": "×",
    "cdot": "·",
    "div": "÷",
    "pm": "±",
    "approx": "≈",
    "ne": "≠",
    "neq": "≠",
    "circ": "°",
    "le": "≤",
    "leq": "≤",
    "ge": "≥",
    "geq": "≥",
    "to": "→",
    "rightarrow": "→",
    "Rightarrow": "⇒",
    "dots": "…",
    "ldots": "…",
    "euro": "€",
    "pounds": "£",
    "left": "",
    "right": "",
    "quad": " ",
    "qquad": " ",
    "$": "$",
    "%": "%",
    "&": "&",
    "#": "#",
    ",": "\xa0",
    ";": " ",
    ":": " ",
    " ": " ",
    "!": "",
}
COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)
WORDS = re.compile(r"\\(?:text|textbf|textit|mbox|mathrm|mathbf|mathit|boxed)\s?\{([^{}]*)\}")
FRACTION = re.compile(r"\\[dt]?frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
SEPARATOR = re.compile(r"\{([,.])\}")
POWER = re.compile(r"\^(?:\{([0-9°])\}|([0-9°]))")
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# A sum has a command. Without one it has no words either.
COMMAND_OF_SUM = re.compile(r"\\(?:[a-zA-Z]|[,;!])|\{[,.]\}")
SIGN_OF_SUM = re.compile(r"\\[$%]|\d[^\d\n]{0,3}=|\d\s*[+*^]\s*\d")
WORD = re.compile(r"[^\W\d_]{2}")
NO_PLAIN_TEXT = re.compile(r"[\\{}^_]|<[^\s\d]")  # such as a mark, which is read as one


def find_formula(opening: str, rest: str) -> tuple[str, int] | None:
    """The plain text of the sum that begins here, and how many characters of the rest it takes; None for none."""
    content, closing, _behind = rest[:MAX_FORMULA_CHARS].partition(CLOSINGS[opening])
    is_sum = COMMAND_OF_SUM.search(content) or (SIGN_OF_SUM.search(content) and not WORD.search(content))
    if not closing or not is_sum or "\n\n" in content:
        return None
    plain = _write_plainly(content)
    return None if plain is None else (plain, len(content) + len(closing))


def is_formula_undecided(opening: str, rest: str) -> bool:
    """Whether only what follows can say if a sum begins here."""
    is_short = len(rest) < MAX_FORMULA_CHARS
    return opening in CLOSINGS and is_short and CLOSINGS[opening] not in rest and "\n\n" not in rest


def _write_plainly(content: str) -> str | None:
    """None if something is left of which it is not known how it is written."""
    text = COMMAND.sub(lambda command: SYMBOLS.get(command[1], command[0]), SEPARATOR.sub(r"\1", content))
    for _ in range(MAX_NESTING):
        text = FRACTION.sub(_write_fraction, WORDS.sub(r"\1", text))
    text = POWER.sub(lambda power: (power[1] or power[2]).translate(SUPERSCRIPTS), text)
    return None if NO_PLAIN_TEXT.search(text) else re.sub(r"[ \n]+", " ", text).strip()


def _write_fraction(fraction: re.Match[str]) -> str:
    return "/".join(part if re.fullmatch(r"[\w.,]*", part) else f"({part})" for part in fraction.groups())
