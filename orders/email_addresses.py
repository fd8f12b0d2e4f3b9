"""Takes an e-mail address out of what somebody wrote, in words too: “zoe at example dot com”."""

import html
import re
import unicodedata
from urllib.parse import unquote

MAX_WRITTEN_CHARS = 2000

# Every repetition has a bound: a search must not take longer than what a stranger wrote is long.
# Words of scripts without spaces may stand right beside an address, and are hardly ever part of one.
LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
EMAIL = re.compile(
    rf"(?<![.+%'-])(?<!{LETTER})(?:{LETTER}|[.+%'-]){{1,64}}@(?:{LETTER}|-){{1,63}}(?:\.(?:{LETTER}|-){{1,63}}){{1,6}}"
)
ANY_EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
AT_WORDS = (
    r"at|ät|ätt|ätmerkki|arroba|arobas|arobase|arond|chez|chiocciola|klammeraffe|apenstaartje|apestaartje|snabel-?a|krøllalfa"
    r"|alfakrøll|kukac|małpa|malpa|zavináč|zavinac|majmun|afna|kuyruklu\sa|miukumauku|miuku|a\scòng|a\smóc|eta"
    r"|собака|собачка|равлик|маймунско\sа|παπάκι|παπακι|שטרודל|כרוכית|آت|أت|एट|แอท"
)
DOT_WORDS = (
    r"dot|punkt|punktum|punkts|punto|point|ponto|punt|punct|prik|pont|kropka|tečka|tecka|bodka|točka|tocka|pika"
    r"|nokta|taškas|piste|titik|chấm|точка|крапка|τελεία|τελεια|נקודה|نقطة|دوت|डॉट|จุด"
)
# In scripts without spaces they stand right beside the rest.
GLUED_AT_WORDS = r"アット(?:マーク)?|골뱅이|艾特|圈[aA]|小老鼠"
GLUED_DOT_WORDS = r"ドット|점|닷|点|點"


def _build_pattern(words: str, glued_words: str) -> re.Pattern[str]:
    """The word with what stands around it; an underscore or a hyphen may be what parts it from others."""
    alone = rf"(?<![^\W_])(?:{words})(?![^\W_])|{glued_words}"
    return re.compile(
        rf"(?:\s{{0,3}}|[_-]{{1,2}})[(\[{{<]?[\s_-]?(?:{alone})[\s_-]?[)\]}}>]?(?:\s{{0,3}}|[_-]{{1,2}})",
        re.IGNORECASE,
    )


SPELLED_AT = _build_pattern(AT_WORDS, GLUED_AT_WORDS)
SPELLED_DOT = _build_pattern(DOT_WORDS, GLUED_DOT_WORDS)
BRACKETED_SIGN = re.compile(r"\s?[(\[{<]\s?([@.])\s?[)\]}>]\s?")  # “zoe[@]example[.]com”
# “zoe @ example .com”, “zoe@example,com” and “zoe@example·com”
LOOSE_AT = re.compile(r"(?<=[\w.+%'-])\s{0,3}@\s{0,3}(?=\w)")
LOOSE_DOT = re.compile(r"(@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5})\s{0,2}[.,。·・]\s{0,2}(?=\w{2,24}\b)")


def extract_email(written: str) -> str:
    """The e-mail address in what somebody wrote, in small letters; what they wrote if there is none in it.

    “<zoe@example.com>.”, “mailto:zoe@example.com” and “zoe at example dot com” are all the same address.
    """
    text = _decode_signs(written[:MAX_WRITTEN_CHARS]).replace("\0", "")
    if not text.isascii():
        # What nobody sees, such as marks of direction that came with a paste, is no part of it.
        visible = "".join(each for each in text if unicodedata.category(each) not in ("Cf", "Cs"))
        text = unicodedata.normalize("NFKC", visible)
    text = text.strip().replace("mailto:", " ")
    found = EMAIL.search(text) or ANY_EMAIL.search(text)
    if not found:
        spelled = SPELLED_DOT.sub(".", SPELLED_AT.sub("@", BRACKETED_SIGN.sub(r"\1", text)))
        found = EMAIL.search(spelled) or EMAIL.search(LOOSE_DOT.sub(r"\1.", LOOSE_AT.sub("@", spelled)))
    return (_strip_emphasis(found[0]) if found else text).lower()


def _decode_signs(text: str) -> str:
    """With the @ that a link or the source of a page has as “%40” or “&#64;”."""
    if "@" in text:
        return text
    if "%40" in text:
        text = unquote(text)
    return html.unescape(text) if "&" in text and ";" in text else text


def _strip_emphasis(address: str) -> str:
    """Without the marks of “_zoe@example.com_”. A domain does not end with one, but a name may begin so."""
    bare = address.strip("'.-")
    return bare.strip("_") if bare.endswith("_") else bare
