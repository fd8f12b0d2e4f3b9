"""Claims of actions in further languages, of which only the first person, or what was done with an order, is known."""

import re
from collections.abc import Collection

from ..facts.word_patterns import join_words

# Polish, Czech and Russian say by the form who has done it, so each form stands here.
MORE_ACTIONS = {
    "open": "utworzyłem utworzyłam założyłem założyłam vytvořil vytvořila založil založila создал создала открыл "
    "открыла skapat öppnat oprettet opprettet oluşturdum açtım",
    "cancel": "anulowałem anulowałam zrušil zrušila отменил отменила отменён отменен avbokat avbrutit annullerat "
    "annulleret annullert kansellert iptal anulowane anulowana zrušena zrušeno avbruten",
    "refund": "zwróciłem zwróciłam vrátil vrátila вернул вернула возместил возместила återbetalat refunderet refundert "
    "tilbagebetalt tilbakebetalt iade",
    "change": "zmieniłem zmieniłam zaktualizowałem zaktualizowałam změnil změnila upravil "
    "upravila изменил изменила обновил обновила ändrat uppdaterat ændret opdateret endret oppdatert "
    "değiştirdim güncelledim",
    "send": "wysłałem wysłałam odeslal odeslala poslal poslala отправил отправила skickat sendt gönderdim",
    "forward": "przekazałem przekazałam zgłosiłem zgłosiłam předal předala передал передала "
    "vidarebefordrat videresendt ilettim",
    "block": "zablokowałem zablokowałam zablokoval zablokovala заблокировал заблокировала spärrat spærret sperret",
}


def _pick(ending: str) -> str:
    words = " ".join(MORE_ACTIONS.values()).split()
    return join_words(word for word in words if re.search(rf"(?:{ending})$", word))


_POLISH, _CZECH = _pick("łem|łam"), _pick("il|ila|al|ala")
_RUSSIAN, _TURKISH = _pick("[а-я]л|ла"), _pick("dım|dum|dim|tım")
_NORDIC = _pick("at|et|it|rt|ert|gt|lt|dt|utit")
LANGUAGES = {
    " ".join(MORE_ACTIONS.values()): (
        rf"\b(?P<action>{_POLISH})\b",
        rf"\b(?P<action>{_CZECH})\s+jsem\b",
        rf"\bjsem\s+(?:\w+\s+){{0,4}}?(?P<action>{_CZECH})\b",
        rf"\bя\s+(?:\w+\s+){{0,2}}?(?P<action>{_RUSSIAN})\b",
        rf"\bj(?:ag|eg)\s+ha(?:r|de)\s+(?:\w+\s+){{0,2}}?(?P<action>{_NORDIC})\b",
        rf"\b(?P<action>{_TURKISH})\b",
        r"\b(?P<action>iptal|iade)\s+ett(?:im|ik)\b",
        r"\b(?:została?|zostało)\s+(?P<action>anulowan[ea])\b",
        r"\bbyl[ao]?\s+(?P<action>zrušen[ao])\b",
        r"\bзаказ\s+(?P<action>отмен[её]н)\b",
    ),
}
# Where no space stands between words.
UNSPACED = re.compile(
    r"(?P<cancel>(?:キャンセル|取り消し|取消)(?:いた|を|完了)?しました|已经?(?:为您|帮您|成功)?取消(?:了)?|취소(?:했습니다|해\s?드렸습니다)|"
    r"(?:لقد|قمت)\s(?:ألغيت|بإلغاء)|\b[وف]?تم إلغاء)|"
    r"(?P<refund>返金(?:いた|を)?しました|已经?(?:为您|帮您|成功)?退款|환불(?:했습니다|해\s?드렸습니다)|"
    r"(?:قمت\s)?برد المبلغ|\b[وف]?تم رد)|"
    r"(?P<open>チケットを(?:作成|発行)(?:いた)?しました|已经?(?:为您|帮您|成功)?(?:创建|提交)(?:了)?工单|티켓을\s?(?:생성|등록)했습니다)|"
    r"(?P<change>変更(?:いた)?しました|已经?(?:为您|帮您|成功)?(?:修改|更改)|변경(?:했습니다|해\s?드렸습니다))"
)
CLAUSE_ENDS = ",、،;؛。!?؟\n"  # in a text whose full-width marks are folded
# Before a claim in its clause, or right behind it: then it is a question, a condition or a denial.
_NO_CLAIM_BEFORE = re.compile(
    r"如果|若|是否|一旦|要是|假如|没有|沒有|未.{0,2}$|もし|만약|\bإذا|\bلم\s|\bلن\s|\bهل\s|\bعند|\bبعد"
)
_NO_CLAIM_BEHIND = re.compile(
    rf"[^{CLAUSE_ENDS}]{{0,40}}[?؟]|(?:でしょう|です)?か(?:[。\s]|$)|的|[^{CLAUSE_ENDS}]{{0,4}}場合|만|다면"
)
NO_SPACES = re.compile(r"[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def find_unspaced_action(text: str, known: Collection[str]) -> str:
    """The words by which such a text claims another action than the known ones; empty if it claims none."""
    for match in UNSPACED.finditer(text):
        begin = max(text.rfind(mark, 0, match.start()) for mark in CLAUSE_ENDS) + 1
        is_no_claim = _NO_CLAIM_BEFORE.search(text, begin, match.start())
        if match.lastgroup not in known and not (is_no_claim or _NO_CLAIM_BEHIND.match(text, match.end())):
            return match[0]
    return ""
