"""Claims of deeds in further languages, of which only the first person, or what was done with an order, is known."""

import re

from .word_patterns import join_words

# Polish, Czech and Russian say by the form who has done it, so each form stands here.
MORE_DEEDS = {
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
    words = " ".join(MORE_DEEDS.values()).split()
    return join_words(word for word in words if re.search(rf"(?:{ending})$", word))


_POLISH, _CZECH = _pick("łem|łam"), _pick("il|ila|al|ala")
_RUSSIAN, _TURKISH = _pick("[а-я]л|ла"), _pick("dım|dum|dim|tım")
_NORDIC = _pick("at|et|it|rt|ert|gt|lt|dt|utit")
LANGUAGES = {
    " ".join(MORE_DEEDS.values()): (
        rf"\b(?P<deed>{_POLISH})\b",
        rf"\b(?P<deed>{_CZECH})\s+jsem\b",
        rf"\bjsem\s+(?:\w+\s+){{0,4}}?(?P<deed>{_CZECH})\b",
        rf"\bя\s+(?:\w+\s+){{0,2}}?(?P<deed>{_RUSSIAN})\b",
        rf"\bj(?:ag|eg)\s+ha(?:r|de)\s+(?:\w+\s+){{0,2}}?(?P<deed>{_NORDIC})\b",
        rf"\b(?P<deed>{_TURKISH})\b",
        r"\b(?P<deed>iptal|iade)\s+ett(?:im|ik)\b",
        r"\b(?:została?|zostało)\s+(?P<deed>anulowan[ea])\b",
        r"\bbyl[ao]?\s+(?P<deed>zrušen[ao])\b",
        r"\bзаказ\s+(?P<deed>отмен[её]н)\b",
    ),
}
# Where no space stands between words.
UNSPACED = re.compile(
    r"(?P<cancel>(?:キャンセル|取り消し|取消)(?:いた|を|完了)?しました|已经?(?:为您|帮您|成功)?取消(?:了)?|취소(?:했습니다|해\s?드렸습니다)|"
    r"(?:لقد|قمت)\s(?:ألغيت|بإلغاء)|تم إلغاء)|"
    r"(?P<refund>返金(?:いた|を)?しました|已经?(?:为您|帮您|成功)?退款|환불(?:했습니다|해\s?드렸습니다)|"
    r"(?:قمت\s)?برد المبلغ|تم رد)|"
    r"(?P<open>チケットを(?:作成|発行)(?:いた)?しました|已经?(?:为您|帮您|成功)?(?:创建|提交)(?:了)?工单|티켓을\s?(?:생성|등록)했습니다)|"
    r"(?P<change>変更(?:いた)?しました|已经?(?:为您|帮您|成功)?(?:修改|更改)|변경(?:했습니다|해\s?드렸습니다))"
)
NO_SPACES = re.compile(r"[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
