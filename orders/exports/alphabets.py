"""The letters of the languages in which shops' files are written, by the code pages that have them."""

import re
from typing import NamedTuple

GERMAN, ALBANIAN = "äöüß", "ëç"
# German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish, Icelandic, Catalan, Albanian
WESTERN = tuple(
    f"{GERMAN} éèêëàâçîïôùûüœæ áéíóúüñ áàâãçéêíóôõú àèéìíòóùî éèëïöüáíóú åäöéü æøåéóôòâêèüä áðéíóúýþæö àçèéíïòóúü"
    f" {ALBANIAN}".split()
)
# One for each language: a word is of one of them. In the order in which they are taken where two fit alike.
LATIN_ALPHABETS: dict[str, tuple[str, ...]] = {
    "windows-1252": WESTERN,
    "windows-1254": ("çğıöşüâîûİ",),
    "windows-1250": (
        *["ąćęłńóśźż", "áčďéěíňóřšťúůýžöü", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"],
        *(GERMAN, ALBANIAN),
    ),
    "mac-roman": WESTERN,
    "cp858": WESTERN,  # cp850 with a sign for the euro
    "windows-1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "õäöüšž"),
}
# Their bytes are letters of languages in which they are more frequent; the Portuguese õe is a Hungarian ő hardly ever.
ICELANDIC = re.compile("[þðýÞÐÝ]|[õÕ](?![eE])")
RARE_LETTERS = {
    "windows-1252": ICELANDIC,
    "mac-roman": ICELANDIC,
    "cp858": ICELANDIC,
    "windows-1250": re.compile(r"[đĐ](?!\w{0,20}[čćšž])"),
}


class Script(NamedTuple):
    """A script, by how the names of its letters begin, and its commonest letters."""

    name: str
    common: str


CYRILLIC = Script("CYRILLIC", "оеаинтсрвлкмдпуії")
SCRIPTS = {
    "windows-1251": CYRILLIC,
    "windows-1253": Script("GREEK", "αοιετσνηυρπκμλςάέήίόύώ"),
    "windows-1255": Script("HEBREW LETTER", "יוהלאמרתבשנכםן"),
    "windows-1256": Script("ARABIC LETTER", "اليمنورتبدعحسفةأ"),
    "koi8-r": CYRILLIC,
    "cp866": CYRILLIC,
    "cp874": Script(
        "THAI CHARACTER", "กขคงจชดตทนบปผพมยรลวสหอะาำเแโใไ\u0e31\u0e34\u0e35\u0e38\u0e39\u0e48\u0e49\u0e4c"
    ),
}
# What no word of these languages has, and words of others that were written in another code page have.
NO_WESTERN = re.compile(
    r"ñ(?![aeiouáéíóúü])|(?<=[aeiuy])æ(?!\w)|œ(?!u|i|d|t|s|f|cu|co|no)|(?<!\w)ð|[ìù](?=\w)|è(?=[aeiouyáéíóú])"
    r"|ç(?=[bdfghjlnpqrstvwxz])|ã(?=\w)(?![oei]|s(?!\w))|(?<=[zcbdpv])ã(?!\w)|(?<=[aeou])ò"
    r"|[áéíóúý]\w{0,8}[èìòù](?!\w)",
    re.IGNORECASE,
)
NO_CYRILLIC = re.compile(
    r"(?<!\w)[ьъы]|[ьъ]{2}|(?<!\w)(?!грн)[бвгджзклмнпрстфхцчшщь]{3,}(?!\w)", re.IGNORECASE
)
MISPLACED_LETTERS = {
    **dict.fromkeys(("windows-1252", "mac-roman", "cp858"), NO_WESTERN),
    "windows-1254": re.compile(
        r"(?<![aeıioöuüâîAEIİOÖUÜÂÎ])[ğĞ]|[eiouöüEİOUÖÜ][^\Waeıioöuü]{0,3}ı"  # in a word, ı follows a and ı
    ),
    "windows-1250": re.compile(r"(?<=[bcdfghjklmnprstwz])[źż](?=[bcdfghjklmprstvwxz])", re.IGNORECASE),
    "windows-1257": re.compile(r"(?<=i)ę(?!\w)|ķ(?=[bcdfghjklmnpqrstvxz])", re.IGNORECASE),
    "windows-1251": NO_CYRILLIC,
    "koi8-r": NO_CYRILLIC,
    "cp866": NO_CYRILLIC,
    # A word in small letters has one accent, unless it is short.
    "windows-1253": re.compile(
        r"ς(?=\w)|(?<=\w)σ(?!\w)|[άέήίόύώΰΐ](?=\w{0,20}[άέήίόύώΰΐ])"
        r"|(?<!\w)(?:[α-ω]{0,20}[αεηιουω][βγδζθκλμνξπρστφχψ]{1,5}[αεηιουω][α-ω]{0,20}|[βγδζθκλμνξπρστφχψ]{3,})(?!\w)"
    ),
    "windows-1255": re.compile("[ךםןףץ](?=[א-ת])"),
    "windows-1256": re.compile("[ةى](?=[ء-ي])"),
    # A vowel or a mark above or below belongs to a letter before it.
    "cp874": re.compile("(?<![ก-\u0e4e])[ะ-\u0e3a\u0e47-\u0e4e]|[\u0e47-\u0e4e]{2}|[เ-ไ](?![ก-ฮ])"),
}
