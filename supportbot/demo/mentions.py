"""Finds what a text mentions: order numbers in the many ways people write them, and e-mail addresses.

Numbers that are something else (prices, dates, phone numbers, quantities) are blanked out before the
looser forms are looked for, so “order 123” counts and “order from 12 May” does not.
"""

import re
import unicodedata

TYPOS = {
    "oder": "order", "ordr": "order", "odrer": "order", "orderd": "ordered", "recieve": "receive",
    "recieved": "received", "adress": "address", "packge": "package", "pakage": "package", "parcle": "parcel",
    "delievery": "delivery", "delivary": "delivery", "complian": "complain", "compliant": "complaint",
    "complant": "complaint", "tiket": "ticket", "tickt": "ticket", "refnd": "refund", "shiped": "shipped",
    "arived": "arrived", "arive": "arrive", "wher": "where", "wheres": "where is", "whers": "where is",
    "whens": "when is", "whats": "what is", "hows": "how is", "u": "you", "youre": "you are", "ur": "your",
    "pls": "please", "plz": "please", "wanna": "want to", "thx": "thanks", "ty": "thanks", "im": "i am",
    "ive": "i have", "id like": "i would like", "havent": "have not", "hasnt": "has not", "didnt": "did not",
    "dont": "do not", "doesnt": "does not", "isnt": "is not", "wasnt": "was not", "cant": "can not",
    "cannot": "can not", "wont": "will not", "couldnt": "could not", "its": "it is", "thats": "that is",
    "theres": "there is", "whos": "who is",
}  # fmt: skip
TYPO = re.compile(rf"\b(?:{'|'.join(sorted(TYPOS, key=len, reverse=True))})\b")

EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[a-z]{2,24}", re.IGNORECASE
)
LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
TICKET_NUMBER = re.compile(
    r"\btkt[\s_:#-]*(\d{3,})|\b(?:ticket|case)s?\s*(?:no|number|nr|id|is|[.:#\s-])*(\d{3,})"
)
TRACKING_NUMBER = re.compile(r"\btracking\s*(?:no|number|id|code|is|[.:#\s-])*[a-z]{0,3}\d[\da-z]{5,}")

_UNITS = (
    "x|times?|pieces?|pcs|items?|things?|products?|packs?|packages|parcels|orders|calls?|e-?mails|messages|people|pairs?|box(?:es)?|"
    "days?|weeks?|months?|hours?|hrs?|h|minutes?|mins?|years?|business|working|kg|g|cm|mm|inch(?:es)?"
)
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
NOT_AN_ORDER = re.compile(
    rf"""
      [$€£]\s?\d[\d.,]*  |  \b\d[\d.,]*\s?(?:[$€£%]|(?:usd|eur|gbp|dollars?|euros?|pounds?|bucks|percent)\b)
    | \b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b  |  \b\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}\b
    | \b(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?)?{_MONTH}\b\.?(?:\s+\d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,?\s+20\d\d\b)?
    | \b\d+(?:st|nd|rd|th)\b  |  \b\d{{1,2}}:\d{{2}}\b  |  \b\d{{1,2}}\s?(?:am|pm|oclock)\b
    | \b(?:phone|mobile|cell|tel|telephone|whatsapp|call\ me|reach\ me|ring\ me)
      (?:\s|number|no|back|is|at|on|under|my|[.:])*\+?\d[\d\ ()/.-]{{3,}}\d
    | \+\d[\d\ ()/.-]{{6,}}\d  |  \(\d{{3,5}}\)\s?\d[\d\ -]{{4,}}\d  |  \b\d{{3,5}}[ /.-]\d{{3,4}}[ /.-]\d{{3,4}}\b
    | \b\d+\s?(?:{_UNITS})\b  |  \bx\s?\d+\b
    | \b(?:size|zip|zip\ code|postcode|postal\ code|room|apt|apartment|suite|floor|year|in|since|around|within)
      \s*[:#]?\s*\d+\b
    | \b\d+[.,]\d{{1,2}}\b(?!-)
    """,
    re.VERBOSE,
)

_CODE = r"(?:[a-z]{1,4}-?)?\d+(?:-\d+){0,4}"
_END = r"(?=\s*(?:$|[?!.,;:)\]&]|(?:and|or|is|was|has|did|not|please|now|yet|but|so|where|when|still|arrive\w*)\b))"
NUMBER_FORMS = (
    # ORD-123, ord 123, ORD123, ord no. 123
    re.compile(r"\b(?P<ord>ord)[\s._:#-]*(?:(?:no|nr|number|id)\b[\s.:#-]*)?(?P<code>\d[\da-z]*)\b"),
    # #123, #W2611340, W2611340
    re.compile(r"(?P<code>#\s?[a-z]{0,4}-?\d{2,}(?:-\d+){0,4}|\bw\d{5,})\b"),
    # order no. 123, order number is AB-123
    re.compile(
        r"\borders?\s*(?:no|nr|num|number|numbers|nummer|id|code|ref|reference)\b"
        rf"(?:\s|\b(?:is|was|it|that|are)\b|[.:#=\"(\[-])*(?P<code>{_CODE})\b"
    ),
)
LOOSE_NUMBER_FORMS = (
    # order 123, but not “to order 100 mugs”
    re.compile(
        r"(?<!to )(?<!\bi )(?<!we )(?<!can )(?<!you )\borders?(?:\s+(?:it\s+)?is\b)?[\s:#\"(\[-]*"
        rf"(?P<code>(?:[a-z]{{1,4}}-?)?\d{{3,}}(?:-\d+){{0,4}}\b|\d{{1,2}}\b{_END})"
    ),
    # where is 777, what about 456
    re.compile(
        r"\b(?:where(?: the \w+)? is|status of|what about|how about|news on|news about|update on|track|"
        r"check|find|look up|and is|and for)\s+(?P<code>(?:[a-z]{1,4}-)?\d{3,}(?:-\d+){0,4})\b"
    ),
    # why is 777 late, tell me where 456 is
    re.compile(
        r"\b(?:is|was|has|did|will|where)\s+(?P<code>(?:[a-z]{1,4}-)?\d{3,}(?:-\d+){0,4})\b"
        r"(?=\s+(?:\w+ )?(?:is|late|delayed|ship\w*|arriv\w*|deliver\w*|here|coming|sent|cancel\w*|return\w*)\b)"
    ),
    # the whole message is a number, with words around it that say nothing else
    re.compile(
        r"^(?:it|is|the|my|number|numbers|no|nr|order|sure|ok|okay|yes|yeah|here|you|go|this|that|think|"
        r"i|maybe|and|what|about|how|also|then|try|sorry|oh|hi|hello|check|meant|mean|actually|wait|one|"
        r"other|\W)*?\b(?P<code>(?:[a-z]{1,4}-?)?\d{3,}(?:-\d+){0,4})\b(?=(?:\W|please|thanks|thank|you|"
        r"i|think|and|or|\d|then|too|as|well)*$)"
    ),
)
EXPECTED_NUMBER = re.compile(
    rf"\b(?P<code>(?:[a-z]{{1,4}}-?)?\d{{3,}}(?:-\d+){{0,4}}|[a-z]{{1,4}}-\d{{2,}}|(?<=is )\d+|^\W*{_CODE}\W*$)(?!\w)"
)
NEXT_NUMBER = re.compile(
    r"\s*(?:,|;|/|&|\+|\band\b|\bor\b|\bplus\b)\s*(?:(?:also|order|number|no|the)\b[\s.]*)*"
    r"(?P<code>#?(?:[a-z]{1,4}-)?\d{3,})\b"
)


def simplify_text(text: str) -> str:
    """In lower case on one line, without apostrophes, with plain dashes and with common typos mended."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[’'‘`´]", "", text)
    text = re.sub(r"[‐‑‒–—−]", "-", text)
    text = re.sub(r"[“”„«»]", '"', text)
    return TYPO.sub(lambda found: TYPOS[found[0]], " ".join(text.split()))


def find_emails(text: str) -> list[str]:
    return EMAIL.findall(text)


def get_order_key(number: str) -> str:
    """The same key for all spellings of one number: `ORD-123`, `ord 123` and `#123` all give 123."""
    return re.sub(r"^ord(?=\d)", "", re.sub(r"[^a-z0-9]", "", number.lower()))


def find_order_numbers(text: str, *, expected: bool = False) -> list[str]:
    """The order numbers in a text, each once, in upper case. `expected`: we have just asked for one."""
    rest = simplify_text(text)
    for other in (EMAIL, LINK, TICKET_NUMBER, TRACKING_NUMBER):
        rest = other.sub(_blank_out, rest)
    found: dict[int, str] = {}
    for form in NUMBER_FORMS:
        rest = _extract_numbers(form, rest, found)
    rest = NOT_AN_ORDER.sub(_blank_out, rest)
    for form in LOOSE_NUMBER_FORMS:
        rest = _extract_numbers(form, rest, found)
    if expected and not found:
        rest = _extract_numbers(EXPECTED_NUMBER, rest, found)
    _extract_listed_numbers(rest, found)
    numbers = [found[place] for place in sorted(found)]
    return list({get_order_key(number): number for number in reversed(numbers)}.values())[::-1]


def _extract_numbers(form: re.Pattern[str], text: str, found: dict[int, str]) -> str:
    """Put the matches of the form into `found`, by their place, and return the text with them blanked out."""
    for match in form.finditer(text):
        code = match["code"].replace(" ", "").upper()
        found[match.start("code")] = f"ORD-{code}" if match.groupdict().get("ord") else code
    return form.sub(_blank_out, text)


def _extract_listed_numbers(text: str, found: dict[int, str]) -> None:
    """Put numbers into `found` that continue a list: “456” and “789” in “ORD-123, 456 and 789”."""
    for place in sorted(found):
        end = len(text) - len(text[place:].lstrip())
        while match := NEXT_NUMBER.match(text, end):
            found[match.start("code")] = match["code"].upper()
            end = match.end()


def _blank_out(match: re.Match[str]) -> str:
    return " " * len(match[0])
