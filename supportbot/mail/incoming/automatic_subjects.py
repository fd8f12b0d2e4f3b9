"""The subjects of what programs send by themselves while somebody is away, in some thirty languages."""

import re

AUTOMATIC_REPLY = (
    r"auto(?:matic|mated|mática|matica|matische|matisch|-?)?[\s-]*(?:reply|response|answer)|vacation reply"
    r"|(?:automatische|autom\.)\s(?:antwort|abwesenheit\w*|rückmeldung|reactie)"
    r"|odpowiedź automatyczna|autoodpowiedź|автоматична відповідь|автоматичен отговор|аўтаматычны адказ"
    r"|samodejni odgovor"
    r"|resposta automàtica|erantzun automatikoa|trả lời tự động|balasan otomatis|การตอบกลับอัตโนมัติ|תגובה אוטומטית"
    r"|automatinis atsakymas|automātiska atbilde|automaatvastus|sjálfvirkt svar|स्वचालित (?:उत्तर|जवाब)|پاسخ خودکار"
    r"|réponse automatique|respuesta automática|respuesta automatica|risposta automatica|resposta automática"
    r"|automatisch antwoord|autosvar|automatiskt svar|automatisk svar|automatyczna odpowiedź|automaattinen vastaus"
    r"|automatická odpov[eě][dď]|automatikus válasz|otomatik yanıt|αυτόματη απάντηση|răspuns automat|automatski odgovor"
    r"|автоматический ответ|автоответ|自動返信|自動応答|自动回复|自动答复|自動回覆|자동 회신|رد تلقائي|מענה אוטומטי"
)
AWAY = (
    r"out[\s-]of[\s-](?:the[\s-])?office|abwesend|außer haus|nicht im (?:büro|haus)"
    r"|absente?(?:\(e\))?(?: du bureau)?|fuera de (?:la )?oficina|ausente de la oficina|fuori (?:sede|ufficio)"
    r"|assente dall['’]ufficio|fora do escritório|ausente do escritório|afwezig|niet aanwezig|niet op kantoor"
    r"|poza biurem|nieobecn[ya] w (?:biurze|pracy)|mimo kancelář|nem vagyok az irodában|házon kívül|poissa toimistolta"
    r"|ikke på kontoret|inte på kontoret|вне офиса|не в офисе|поза офісом|ofis dışında|εκτός γραφείου|în afara biroului"
    r"|外出中|不在のお知らせ|不在通知|不在办公室|不在辦公室|休假中|부재중|nicht am arbeitsplatz"
)
AWAY_NOTE = (
    r"ooo(?=\s*(?:$|[:：)\]|]|[(\[]\s*re\s*:|[-–—,]\s*(?:back|until|till|zurück|wieder)\b|(?:until|till|bis)\b))"
    r"|abwesenheit(?:s(?:notiz|nachricht|meldung|assistent))?"
    r"|absence du bureau|message d['’]absence|notification d['’]absence|ausencia de la oficina|ausência temporária"
    r"|ausência do escritório|afwezigheids\w+|frånvaro|fraværende|fravær|poissaolo|nieobecność|nepřítomnost"
    r"|neprítomnosť|távollét"
)
# What people write of themselves too, such as «In ferie, dov'è la lampada?»: alone, until when, or with our subject.
AWAY_STATE = (
    r"on (?:vacation|holiday|(?:annual |parental |maternity |sick )?leave)|en (?:congé|vacances)"
    r"|de (?:vacaciones|férias)|in (?:ferie|vacanza|congedo)|(?:op|im|in|auf) (?:vakantie|urlaub|elternzeit)"
    r"|på (?:semester|ferie)|na urlopie|izinde|absente?|assente|в отпуске|у відпустці|休假|休暇"
)
# Until when is said in a few words: who writes more of them, or a dash, goes on with a wish.
STATE_END = (
    r"\s*(?:(?:bis|until|till|tot|hasta|fino|até|do|til|jusqu|до)\b[^\s,;?]*"
    r"(?:\s(?:zum|the|al|el|le|en met))?(?:\s(?!bitte\b|please\b)[^\s,;?]*[^\s,;?–—-]){0,3}"
    r"(?:\s(?:(?:of|de|del)\s)?\d{4})?(?:\s(?:inclus|inclusive|einschließlich))?)?"
    r"(?:[\s.!]*$"
    r"|\s*[:：]\s*(?:re|aw|antw|sv|r|rif)\s*[:：])"
)
# «Alice is out of the office», as some programs write, and people of themselves.
WHO_IS_AWAY = (
    r"(?:auto:\s)?(?:i am|i['’]m|ich bin|je suis|estoy|sono|estou|ik ben|jestem|[^:?]{2,60}\s(?:is|ist|est|está|è))"
    r"\s(?:currently\s|derzeit\s|zurzeit\s|actuellement\s|momenteel\s)?"
)
# After these words a program says until when, or repeats our subject. «Out of office chairs?» is a question.
AUTOMATIC_END = (
    r"\s*(?:$|[:：!.,;()\[\]|–—-]"
    r"|(?:re|aw|antw|sv|auto|autoreply|bis|until|till|vom|from|to|tot|du|hasta|fino|até|do|til|jusqu|до|od)\b)"
)
AUTOMATIC_SUBJECT = re.compile(
    r"^\W*(?:\[[^\]]{1,60}\]\s*)?(?:(?:re|aw|antw|sv|r|rif)\s*:\s*)?(?:"
    rf"(?:{AUTOMATIC_REPLY}|(?:{WHO_IS_AWAY})?(?:{AWAY})|{AWAY_NOTE}){AUTOMATIC_END}"
    rf"|(?:{WHO_IS_AWAY})?(?:{AWAY_STATE}){STATE_END}"
    r"|[^?]{1,150}(?:\s[-–—]\s|[\[(])auto-?(?:reply|response|antwort)[\])]?\W*$"
    # Who must first prove to a filter that they are a person: no program of ours does.
    r"|your e-?mail requires verification|please confirm your message)",
    re.IGNORECASE,
)
