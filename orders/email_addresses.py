"""Takes an e-mail address out of what somebody wrote, in words too: “zoe at example dot com”."""

import html
import re
import unicodedata
from collections.abc import Sequence
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
    r"at(?:[\s-](?:sign|symbol))?|ät|ätt|ätmerkki|arroba|arobas|arobase|arond|chez|chiocciola|klammeraffe|apenstaartje|apestaartje|snabel-?a|krøllalfa"
    r"|alfakrøll|kukac|małpa|malpa|zavináč|zavinac|majmun|afna|kuyruklu\sa|miukumauku|miuku|a\scòng|a\smóc|eta"
    r"|собака|собачка|равлик|маймунско\sа|παπάκι|παπακι|שטרודל|כרוכית|آت|أت|एट|แอท"
)
DOT_WORDS = (
    r"dot|period|full\s?stop|punkt|punktum|punkts|punto|point|ponto|punt|punct|prik|pont|kropka|tečka|tecka|bodka|točka|tocka|pika"
    r"|nokta|taškas|piste|titik|chấm|точка|крапка|τελεία|τελεια|נקודה|نقطة|دوت|डॉट|จุด"
)
UNDERSCORE_WORDS = (
    r"underscore|under\sscore|underline|unterstrich|tiret\s(?:du\s)?bas|soulign[eé]|gui[oó]n\sbajo|barra\sbaja|subgui[oó]n"
    r"|sublinhado|traço\s(?:inferior|baixo)|trattino\sbasso|laag\sstreepje|liggend\sstreepje|understreck|understre[gk]"
    r"|alaviiva|podkreśl(?:enie|nik)|podkreslnik|podtržítko|podtrzitko|podčiarkovník|alulvonás|alsó\skötőjel|aláhúzás"
    r"|alt\s?çizgi|alt\stire|linie\s(?:de\s)?(?:jos|subliniere)|liniuț[aă]\s(?:de\s)?jos|donja\scrta|podvlaka|podčrtaj"
    r"|apatinis\sbrūkšnys|pasvītra|alakriips|gạch\sdưới|garis\sbawah|(?:нижнее\s)?подч[её]ркивание|(?:нижнє\s)?підкреслення"
    r"|долна\sчерта|доња\sцрта|κάτω\sπαύλα|κατω\sπαυλα|קו\sתחתון|شرطة\sسفلية|अंडरस्कोर|ขีดล่าง"
)
DASH_WORDS = (
    r"dash|hyphen|bindestrich|tiret|trait\sd['’]union|gui[oó]n(?:\smedio)?|traço|h[ií]fen|trattino|streepje|koppelteken"
    r"|bindestreck|bindestre[gk]|väliviiva|viiva|tavuviiva|myślnik|myslnik|łącznik|pomlčka|pomlcka|spojovník|kötőjel|kotojel"
    r"|kısa\sçizgi|liniuț[aă]|cratim[aă]|crtica|vezaj|brūkšn(?:ys|elis)|defise|domuzīme|sidekriips|gạch\s(?:ngang|nối)"
    r"|tanda\shubung|дефис|тире|дефіс|цртица|παύλα|παυλα|מקף|شرطة|डैश|हाइफ़न|ขีด"
)
# In scripts without spaces they stand right beside the rest.
GLUED_AT_WORDS = r"アット(?:マーク)?|골뱅이|艾特|圈[aA]|小老鼠"
GLUED_DOT_WORDS = r"ドット|점|닷|点|點"
GLUED_UNDERSCORE_WORDS = r"アンダーバー|アンダースコア|언더바|언더스코어|밑줄|下划线|下劃線|底線"
GLUED_DASH_WORDS = r"ハイフン|하이픈|대시|连字符|連字號|减号|減號|横杠|橫線"
# What may also be a word of a sentence, and is a sign only where the rest of the address is spelled too.
MINUS_WORDS, PLUS_WORDS = (
    r"minus|minuszeichen|tire|çizgi|минус|мінус|מינוס",
    r"plus|plusz|más|più|artı|плюс|פלוס|زائد",
)
GLUED_PLUS_WORDS = r"プラス|플러스|加号|加號"


def _build_pattern(words: str, glued_words: str) -> re.Pattern[str]:
    """The word with what stands around it; an underscore or a hyphen may be what parts it from others."""
    alone = rf"(?<![^\W_])(?:{words})(?![^\W_])|{glued_words}"
    return re.compile(
        rf"(?:\s{{0,3}}|[_-]{{1,2}})[(\[{{<]?[\s_-]?(?:{alone})[\s_-]?[)\]}}>]?(?:\s{{0,3}}|[_-]{{1,2}})",
        re.IGNORECASE,
    )


def _build_sign_pattern(words: str, glued_words: str) -> re.Pattern[str]:
    """The word between two others, the second of which ends at the @ or at a dot of the domain."""
    alone = rf"\s{{1,3}}[(\[{{<]?(?:{words})[)\]}}>]?\s{{1,3}}|\s{{0,3}}[(\[{{<]?(?:{glued_words})[)\]}}>]?\s{{0,3}}"
    return re.compile(
        rf"(?<=[^\W_])(?:{alone})(?=[\w.+%'-]{{1,64}}@)|(?<=@)([\w-]{{1,63}})(?:{alone})(?=[\w-]{{1,63}}\.)",
        re.IGNORECASE,
    )


SIGNS = (
    ("_", _build_sign_pattern(UNDERSCORE_WORDS, GLUED_UNDERSCORE_WORDS)),
    ("-", _build_sign_pattern(DASH_WORDS, GLUED_DASH_WORDS)),
)
SPELLED_SIGNS = (
    *SIGNS,
    ("-", _build_sign_pattern(MINUS_WORDS, GLUED_DASH_WORDS)),
    ("+", _build_sign_pattern(PLUS_WORDS, GLUED_PLUS_WORDS)),
)
MAX_SIGNS = 4  # of one address that are spelled in words
SPELLED_AT = _build_pattern(AT_WORDS, GLUED_AT_WORDS)
SPELLED_DOT = _build_pattern(DOT_WORDS, GLUED_DOT_WORDS)
BRACKETED_SIGN = re.compile(r"\s?[(\[{<]\s?([@.])\s?[)\]}>]\s?")  # “zoe[@]example[.]com”
# “zoe @ example .com”, “zoe@example,com” and “zoe@example·com”
LOOSE_AT = re.compile(r"(?<=[\w.+%'-])\s{0,3}[\"“”]?@{1,3}[\"“”]?\s{0,3}(?=\w)")
LOOSE_DOT = re.compile(r"(@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5})\s{0,2}[.,。·・]{1,3}\s{0,2}(?=\w{2,24}\b)")
ESCAPED_SIGN = re.compile(r"\\(?=[^\w\s]|_)")  # “zoe\_z\@example\.com”, as Markdown has it
# Endings of languages that put them right behind a word, by a hyphen or in their own script: “…com-ra”, “…comдан”.
OTHER_SCRIPT = r"[^\W\d_A-Za-z\u00c0-\u024f\u1e00-\u1eff]"
BEFORE_NAME = re.compile(rf"\A{OTHER_SCRIPT}{{1,64}}(?=[A-Za-z0-9])")
BEHIND_DOMAIN = re.compile(rf"(\.[A-Za-z]{{2,24}}){OTHER_SCRIPT}[^.]*\Z")
TOP_LEVEL_END = re.compile(r"(?<=\.)(?!xn--)([^\W\d_]{2,24})-[^.]*\Z", re.IGNORECASE)


def extract_email(written: str) -> str:
    """The e-mail address in what somebody wrote, in small letters; what they wrote if there is none in it.

    “<zoe@example.com>.”, “mailto:zoe@example.com” and “zoe at example dot com” are all the same address.
    """
    text = _decode_signs(written[:MAX_WRITTEN_CHARS]).replace("\0", "")
    if not text.isascii():
        # What nobody sees, such as marks of direction that came with a paste, is no part of it.
        visible = "".join(each for each in text if unicodedata.category(each) not in ("Cf", "Cs"))
        text = unicodedata.normalize("NFKC", visible)
    text = ESCAPED_SIGN.sub("", text.strip()).replace("mailto:", " ")
    text = _write_signs(text, SIGNS)
    found = EMAIL.search(text) or ANY_EMAIL.search(text)
    if not found:
        spelled = SPELLED_DOT.sub(".", SPELLED_AT.sub("@", BRACKETED_SIGN.sub(r"\1", text)))
        spelled = _write_signs(spelled, SPELLED_SIGNS)
        found = EMAIL.search(spelled) or EMAIL.search(LOOSE_DOT.sub(r"\1.", LOOSE_AT.sub("@", spelled)))
    return (_cut_neighbours(_strip_emphasis(found[0])) if found else text).lower()


def _write_signs(text: str, signs: Sequence[tuple[str, re.Pattern[str]]]) -> str:
    """“zoe underscore b@…” with its underscore. The last word is done first, for only it stands before an @."""
    for _round in range(MAX_SIGNS):
        before = text
        for sign, pattern in signs:
            text = pattern.sub(rf"\g<1>{sign}", text)
        if text == before:
            break
    return text


def _cut_neighbours(address: str) -> str:
    """Without what other languages put right beside it: “мойzoe@example.comдан”, “zoe@example.com-ra”."""
    name, domain = address.split("@")
    domain = TOP_LEVEL_END.sub(r"\1", domain)
    if not address.isascii():
        name, domain = BEFORE_NAME.sub("", name), BEHIND_DOMAIN.sub(r"\1", domain)
    return f"{name}@{domain}"


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
