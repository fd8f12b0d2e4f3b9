"""The subjects of what programs send by themselves: while somebody is away, or to say that a message has come."""

import re

AUTOMATIC_REPLY = (
    r"auto(?:matic|mated|mática|matica|matische|matisch|-?)?[\s-]*(?:reply|response|answer)"
    r"|vacation (?:auto-?)?(?:reply|responder|message|notice)"
    r"|out[\s-]of[\s-](?:the[\s-])?office (?:(?:auto-?)?reply|response|message|notification|notice)"
    r"|abwesenheits(?:notiz|nachricht|meldung|assistent|info)|(?:message|notification) d['’]absence"
    r"|afwezigheids(?:bericht|melding|assistent)"
    r"|(?:automatische|autom\.)\s(?:antwort|abwesenheit\w*|rückmeldung|reactie)"
    r"|odpowiedź automatyczna|autoodpowiedź|автоматична відповідь|автоматичен отговор|аўтаматычны адказ"
    r"|samodejni odgovor"
    r"|resposta automàtica|erantzun automatikoa|trả lời tự động|balasan otomatis|การตอบกลับอัตโนมัติ|תגובה אוטומטית"
    r"|automatinis atsakymas|automātiska atbilde|automaatvastus|sjálfvirkt svar|स्वचालित (?:उत्तर|जवाब)|پاسخ خودکار"
    r"|réponse automatique|respuesta automática|respuesta automatica|risposta automatica|resposta automática"
    r"|automatisch antwoord|autosvar|automatiskt svar|automatisk svar|automatyczna odpowiedź"
    r"|automaattinen (?:vastaus|poissaolo\w*)"
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
    r"oo(?:o|to)|(?:urlaubs)?abwesenheit(?:s\w+)?|absence du bureau"
    r"|ausencia de la oficina|ausência temporária|ausência do escritório|afwezigheids\w+|frånvaro|fraværende|fravær"
    r"|poissaolo|nieobecność(?: w (?:biurze|pracy))?|nepřítomnost|neprítomnosť|távollét"
)
# What people write of themselves too, such as «In ferie, dov'è la lampada?»: alone, until when, or with our subject.
AWAY_STATE = (
    r"(?:on )?(?:annual|parental|maternity|sick) leave|on (?:vacation|holiday|leave)|en (?:congés?|vacances)"
    r"|away from (?:the office|my desk)|ausente|lomalla"
    r"|de (?:vacaciones|férias)|in (?:ferie|vacanza|congedo)|(?:op|im|in|auf) (?:vakantie|urlaub|elternzeit)"
    r"|på (?:semester|ferie)|na urlopie|izinde|absente?|assente|в отпуске|у відпустці|休假|休暇"
)
DATE = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}(?:[./]\d{1,2}[./]?(?:\d{2,4})?"
    r"|(?:\.|st|nd|rd|th|er|º)?(?:\s(?:(?:de|del|of)\s)?[^\W\d]{3,12}\.?)?(?:\s(?:(?:de|del|of)\s)?\d{4})?))"
)
DATE_RANGE = (
    rf"\s(?:(?:from|vom|du|del?|dal|van|od|fra|från)\s)?{DATE}"
    rf"(?:\s(?:to|until|till?|bis(?:\szum)?|au|al?|tot|t/m|do)\s|\s?[-–]\s?){DATE}"
)
# Who is away and asks for something is a person.
WISH = (
    r"[^:：]*\?\s*$|.*\b(?:please|bitte|merci de|svp|s['’]il (?:vous|te) pla[iî]t|por favor|per favore|graag"
    r"|alstublieft|proszę|vänligen|venligst|vennligst)\b"
)
# Until when is said by a date or in two words: who writes more of them goes on with something else.
UNTIL = (
    r"(?:bis|until|till|tot|hasta|fino|até|do|til|jusqu|до)\b[^\s,;?]*(?:\s(?:zum|the|al|el|le|en met))?"
    rf"(?:\s(?:[^\s,;?\d]+\s)?{DATE}|(?:\s[^\s,;?]*[^\s,;?–—-]){{1,2}})?(?:\s(?:inclus|inclusive|einschließlich))?"
)
RETURN = r"(?:back|return(?:s|ing)?|zurück|wieder|retour|terug)\b"
# A program repeats the subject of our mail, which has our mark. A person says there what they want.
OUR_SUBJECT = r"\s?(?:[:：|–—-]?\s?(?:re|aw|antw|sv|r|rif)\s?[:：]|[:：|–—-].*\[\s?#)"
STATE_END = rf"(?:{DATE_RANGE})?(?:\s?{UNTIL})?(?:[\s.!]*$|{OUR_SUBJECT})"
AWAY_END = (
    rf"(?:{STATE_END}|[)\]]{OUR_SUBJECT}|\s?(?:[(\[]|[,:：–—-]\s)"
    rf"(?:(?:re|aw|antw|sv|r|rif)\s?[:：]|(?:{UNTIL}|{RETURN}(?:\s[^\s,;?]+){{0,3}})[\s.!)\]]*$))"
)
# «The courier is not in» is of no name.
NO_NAME = (
    r"(?!(?:the|this|my|his|her|our|your?|their|no(?: one|body)?"
    r"|der|die|das|dem|den|mein\w*|unser\w*|ihn?en|ihr\w*|euch|eure\w*|le|la|les|mon|ma|notre"
    r"|votre|el|mi|nuestr[oa]|il|lo|mio|mia|nostr[oa]|o|a|meu|minha|nosso|nossa|de|het|mijn|ons|onze)\b|l['’])"
)
# «Alice is out of the office», as some programs write, and people of themselves.
WHO_IS_AWAY = (
    r"(?:auto:\s)?(?:(?:i am|i['’]m|i will be|(?:ich )?bin|je suis|estoy|estaré|sono|sarò|estou|estarei|ik ben|jestem"
    rf"|jag är|jeg er|olen|{NO_NAME}[^:?]{{2,60}}\s(?:is|ist|est|está|è))\s)?"
    r"(?:(?:currently|derzeit|zurzeit|aktuell|actuellement|momenteel)\s)?"
)
# After these words a program repeats our subject. «Automatic reply of your shop» is what a person writes.
AUTOMATIC_END = (
    r"(?![^:：]*\?\s*$)\s*(?:[.!]*\s*$|[:：()\[\]|–—-]|(?:re|aw|antw|sv|auto|autoreply)\b"
    rf"|(?:from|von)\s{NO_NAME})"
)
# What comes to a help desk. A parcel or an invoice is received by people.
REQUEST = (
    r"(?:(?:support )?(?:message|e-?mail|request|enquiry|inquiry|ticket)|mail|nachricht|anfrage|demande|mensaje"
    r"|solicitud|consulta|messaggio|richiesta|bericht|aanvraag|vraag|wiadomość|zgłoszenie|mensagem|solicitação"
    r"|meddelande|ärende|henvendelse|besked|melding|mejl|e-post|viestisi)"
)
# What people write of a parcel too, such as «Empfangsbestätigung», is of a program where it is of a request.
RECEIPT_OF = (
    r"we(?: have|['’]ve) received your|nous avons (?:bien )?reçu votre|hemos recibido (?:su|tu)"
    r"|abbiamo ricevuto (?:il (?:suo|tuo|vostro)|la (?:sua|tua|vostra))|otrzymaliśmy (?:twoj[ąe]|państwa)"
    r"|recebemos (?:[ao] )?(?:sua|seu|tua|teu|vossa)|vi har (?:tagit emot|mottagit|modtaget|mottatt) (?:ditt?|din)"
    r"|olemme vastaanottaneet|(?:eingangs|empfangs)bestätigung ihrer|accusé de réception de votre"
    r"|ontvangstbevestiging van uw"
)
REQUEST_RECEIVED = (
    rf"(?:your|ihre|votre|uw|je) {REQUEST} (?:(?:has been|was) (?:received|created|opened)"
    r"|ist (?:bei uns )?eingegangen|a (?:bien )?été (?:reçue?|enregistrée?)|is ontvangen)"
)
RECEIPT = (
    rf"(?:{RECEIPT_OF}) {REQUEST}|{REQUEST_RECEIVED}"
    rf"|wir haben ihre {REQUEST} erhalten|w(?:e|ij) hebben (?:uw|je) {REQUEST} ontvangen"
    r"|(?:support )?(?:ticket|request) (?:received|created|opened)|(?:ticket|case) #?\d{4,} has been (?:created|opened)"
    r"|thanks? (?:you )?for contacting us|merci de nous avoir contactée?s|grazie per averci contattato"
    r"|gracias por contactar(?:nos| con nosotros)"
)
# At most the number that it was given there, or our subject.
RECEIPT_END = (
    r"\s*(?:[(\[]?(?:#|nr\.?|no\.?)\s?[\w-]*\d[\w-]*[)\]]?)?[\s.!]*"
    r"(?:$|[:：]\s*(?:re|aw|antw|sv|r|rif)\s*[:：])"
)
AUTOMATIC_SUBJECT = re.compile(
    # Whoever answers or forwards a receipt is a person.
    rf"^\W{{0,10}}(?:\[[^\]]{{1,60}}\]\s*)?(?:(?:{RECEIPT}){RECEIPT_END}|(?:(?:re|aw|antw|sv|r|rif)\s*:\s*)?(?:"
    rf"(?:{AUTOMATIC_REPLY}){AUTOMATIC_END}"
    rf"|(?!{WISH})(?:(?:(?:{WHO_IS_AWAY})?(?:{AWAY})|{AWAY_NOTE}){AWAY_END}"
    rf"|(?:{WHO_IS_AWAY})?(?:{AWAY_STATE}){STATE_END})"
    r"|[^?]{1,150}(?:\s[-–—]\s|[\[(])auto-?(?:reply|response|antwort)[\])]?\W*$"
    # Who must first prove to a filter that they are a person: no program of ours does.
    r"|(?:your e-?mail requires verification|please confirm your message)\s*(?:$|[:：(]|verify#)))",
    re.IGNORECASE,
)
