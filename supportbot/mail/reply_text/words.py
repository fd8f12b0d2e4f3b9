"""The words by which mail programs introduce what they quote, in the languages of their users."""

import re

# «On … Alice wrote:», as programs end it. Beside a date or an address only, since people write such words too.
WROTE = (
    *(
        "wrote",
        "writes",
        "schrieb",
        "geschrieben",
        "a écrit",
        "a ecrit",
        "escribió",
        "escribio",
        "ha scritto",
    ),
    *(
        "escreveu",
        "schreef",
        "geschreven",
        "skrev",
        "napisał",
        "napisała",
        "napisał\\(a\\)",
        "pisze",
        "napisana przez",
        "napsal",
        "napsal\\(a\\)",
        "kirjoitti",
    ),
    *(
        "írta",
        "a scris",
        "написал",
        "написала",
        "пишет",
        "написав",
        "пише",
        "yazdı",
        "şunu yazdı",
        "éscrigué",
    ),
    *(
        "va escriure",
        "escribiu",
        "έγραψε",
        "написа",
        "napísal",
        "je napisao",
        "je napisal",
        "rašė",
        "kirjutas",
    ),
    *(
        "đã viết",
        "menulis",
        "كتب",
        "כתב",
        "写道",
        "写到",
        "寫道",
        "のメール",
        "さんが書きました",
        "님이 작성",
        "쓴 글",
        "^(?:quoting|zitat von|citando|citeren|cytowanie|cituji|citerar)\\b",
        "wrote the following",
    ),
)
WROTE_PATTERN = re.compile("|".join(WROTE), re.IGNORECASE)
# A customer who says when they wrote introduces no mail of ours.
OWN_WRITING = re.compile(
    r"\b(?:i|we)\s(?:\w+\s)?(?:wrote|writes?)\b|\bschrieb(?:en)?\s(?:ich|wir)\b|\b(?:ich|wir)\b.{0,60}\b(?:schrieb|geschrieben)"
    r"|\bschreef\sik\b|\bik\b.{0,60}\b(?:schreef|geschreven)|\bskrev\sjeg\b|\bskrev\s(?:jag|vi)\b|\b(?:jag|jeg|vi)\sskrev\b"
    # Nor one who says what somebody wrote to them.
    r"|\bwrote\s(?:to\s)?(?:me|us)\b|\b(?:mir|uns)\b.{0,60}\b(?:schrieb|geschrieben)|\bschrieb(?:en)?\s(?:\w+\s)?(?:mir|uns)\b"
    r"|\b(?:m['’]|nous\s)a\s[ée]crit|\b(?:me|nos)\s(?:escribi[óo]|escreveu)|\b(?:mi|ci)\sha\sscritto"
    r"|\bschreef\s(?:\w+\s)?(?:aan\s)?(?:mij|me|ons)\b|\bskrev\stil\s|\bnapisał\w*\s(?:do\s)?(?:mnie|mi|nam)\b"
    r"|\bnapisał[ae]?m\b|\bя\s(?:\w+\s)?написала?\b",
    re.IGNORECASE,
)

# How such a line begins, where a program wraps it or writes it close below what was written.
INTRODUCTION_BEGINNING = re.compile(
    r"^\W{0,3}(?:on|am|le|el|il|em|op|den|dne|dnia|w dniu|no dia|a|på|pe|în|στις|в|у|на|vào|pada|la|il giorno|gio|dia"
    r"|tarihinde|\d{4}[年/.-]\d{1,2}[月/.-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu"
    r"|fri|sat|sun|lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|gio|seg|ter|qua|qui|sex)\w{0,10}\.?,?)\s.*\d",
    re.IGNORECASE,
)

# The lines above a mail that is answered, as Outlook and others write them; by what they say.
HEADER_LABELS = {
    "from": "From|Von|De|Da|Van|Från|Fra|Od|Lähettäjä|Feladó|От|Від|Kimden|Gönderen|Από|Expéditeur|Remetente|Mittente"
    "|Remitente|Afzender|Absender|差出人|发件人|寄件者|보낸 사람|من|מאת",
    "sent": "Sent|Date|Gesendet|Datum|Envoyé|Envoye|Date d’envoi|Date d'envoi|Enviado|Enviado el|Enviada|Enviada em"
    "|Enviado em|Fecha|Inviato|Data|Verzonden|Skickat|Sendt|Dato|Wysłano|Wysłane|Odesláno|Lähetetty|Elküldve|Отправлено"
    "|Дата|Gönderildi|Tarih|Gesendet am|Data invio|Fecha de envío|送信日時|发送时间|傳送時間|보낸 날짜|تاريخ|נשלח",
    "to": "To|An|À|A|Para|Per|Aan|Till|Til|Do|Komu|Vastaanottaja|Címzett|Кому|Kime|Alıcı|Destinataire|Destinatario"
    "|Destinatário|宛先|收件人|받는 사람|إلى|אל",
    "subject": "Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Ämne|Emne|Temat|Předmět|Aihe|Tárgy|Тема|Konu"
    "|件名|主题|主旨|제목|الموضوع|נושא",
    "copy": "Cc|Kopie|Copie à|CC|Cópia|Kopia",
}
HEADER_LINE = {
    kind: re.compile(rf"^[*_\s]*(?:{labels})\s?[*_]*\s?[:：]", re.IGNORECASE)
    for kind, labels in HEADER_LABELS.items()
}

SEPARATOR = re.compile(
    r"^\W{0,3}[-_=*]{2,}\s*(?:original message|ursprüngliche nachricht|originalnachricht|original-nachricht"
    r"|message d['’]origine|message original|mensaje original|messaggio originale|mensagem original"
    r"|oorspronkelijk bericht|original email|originalmeddelande|ursprungligt meddelande|oprindelig meddelelse"
    r"|opprinnelig melding|wiadomość oryginalna|oryginalna wiadomość|původní zpráva|исходное сообщение|orijinal mesaj"
    r"|repl(?:y|ied) message|回复的原邮件|antwortnachricht|original mail|ursprüngliche (?:e-?)?mail"
    r"|(?:e-?)?mail original|e-?mail d['’]origine|původní e-?mail|原始邮件|原始郵件|邮件原件)\s*[-_=*]{2,}\W{0,3}$"
    # «-----"TechCorp" <support@example.com> wrote: -----», as Notes does, and Zoho without the colon.
    rf"|^-{{3,}}\s?[\"'\w].{{0,200}}(?:{'|'.join(WROTE)})\s?:?\s?-{{3,}}$",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"^\W{0,3}[-_=*]{2,}\s*(?:forwarded message|forwarded by|weitergeleitete nachricht|message transféré"
    r"|mensaje reenviado|messaggio inoltrato|mensagem encaminhada|mensagem reencaminhada|doorgestuurd bericht"
    r"|vidarebefordrat meddelande|videresendt meddelelse|przekazana wiadomość|пересылаемое сообщение).{0,80}$"
    r"|^(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message transféré"
    r"|début du message réexpédié|inicio del mensaje reenviado|inizio messaggio inoltrato"
    r"|início da mensagem reencaminhada|início da mensagem encaminhada|begin doorgestuurd bericht)\s*:?$",
    re.IGNORECASE,
)
FORWARD_SUBJECT = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|enc|doorst|vb|pd|vl|iL?t)\s*:", re.IGNORECASE)

# What programs and phones write below a mail, by themselves. Whole lines only.
OWN_DEVICE = (
    r"iphone|ipad|android|smartphone|handy|mobiltelefon|mobile|samsung|galaxy|huawei|pixel|blackberry|telefon"
)
PROGRAM_SIGNATURE = re.compile(
    r"""^\W{0,3}(?:
    (?:sent|send)\s(?:from|with|via|using)\b.{0,80}
    |get\soutlook\sfor\b.{0,60}
    |yahoo\smail\s?[:;].{0,60}|sent\sfrom\syahoo.{0,60}
    |(?:von\s)?meinem\s.{0,60}\s(?:gesendet|geschickt)
    |(?:von|mit)\s(?:samsung[-\s](?:galaxy[-\s])?(?:smartphone|mobile|tablet|handy)|gmx\smail|web\.de\smail)\sgesendet
    |(?:diese\s(?:nachricht|e-?mail)\swurde\s)?(?:gesendet|geschickt|versendet|verschickt)\s(?:von|mit|über|via|aus)\b.{0,90}
    |diese\s(?:nachricht|e-?mail)\swurde\svo[nm]\b.{0,90}
    |(?:von|mit)\smeinem\b.{0,60}(?:gesendet|geschickt)
    |(?:holen\ssie\ssich\s)?outlook\sfür\b.{0,60}
    |(?:envoyé|envoyée)\s(?:de|depuis|à\spartir|avec|via)\b.{0,80}
    |(?:télécharger|obtenir|obtenez|téléchargez)\soutlook\b.{0,60}
    |(?:enviado|enviada)\s(?:desde|a\spartir|do|da|de|con|com|pelo|via)\b.{0,80}
    |(?:obtener|obtén|obtenga|obter|obtenha|baixe|baixar|transferir)\s(?:o\s)?outlook\b.{0,60}
    |(?:inviato|inviata|spedito)\s(?:da|dal|dallo|dalla|con|tramite|mediante)\b.{0,80}
    |(?:ottieni|scarica|ottenere)\soutlook\b.{0,60}
    |(?:verzonden|verstuurd)\s(?:vanaf|vanuit|met|via|van)\b.{0,80}
    |(?:download|haal)\soutlook\s(?:voor|for)\b.{0,60}
    |(?:skickat\sfrån|skickades\sfrån|sendt\sfra|wysłano\sz|wysłane\sz|odesláno\sz|отправлено\s(?:с|из))\b.{0,80}
    |(?:hämta|hent|skaffa|pobierz|uzyskaj)\s(?:aplikację\s|program\s)?outlook\b.{0,60}
    |outlook\s(?:voor|für|pour|para|per|för)\b.{0,40}\s(?:downloaden|herunterladen|beziehen)\b.{0,40}
    |provenance\s?:\s?(?:courrier|outlook|mail).{0,60}
    |(?:get|download)\s(?:bluemail|typeapp|nine)\sfor\b.{0,60}
    |(?:lähetetty|trimis\sde\spe|στάλθηκε\sαπό|تم\sالإرسال\sمن|נשלח\sמ).{0,60}|.{0,40}\sgönderildi
    |.{0,40}(?:から送信|从我的.{0,12}发送|发自我的.{0,12}|傳送自.{0,12}|從我的.{0,12}傳送|에서\s보냄).{0,10}
    )\W{0,3}$""",
    re.IGNORECASE | re.VERBOSE,
)
DEVICE_AT_END = re.compile(rf"(?:{OWN_DEVICE}|phone|device)\W*$", re.IGNORECASE)
EXCUSE = re.compile(
    r"excuse|brevity|typos|kürze|tippfehler|entschuldig|excuse[rz]|brièveté|disculp|brevedad|scus|desculp|conquer|swiss-based"
    r"|https?://[^\s),]{1,80}\),",
    re.IGNORECASE,
)
# A device or a program must be named, or «sent from Berlin» would be one.
PROGRAM_NAMES = re.compile(
    rf"{OWN_DEVICE}|outlook|mail|proton|gmx|web\.de|gmail|thunderbird|yahoo|iphon|spark|superhuman|tuta|canary|nine|aol|t-online|posteo|tutanota|windows"
    r"|から送信|发送|傳送|보냄",
    re.IGNORECASE,
)
# What people write above a mail in which they have answered line by line.
POINTS_BELOW = re.compile(
    r"\b(?:below|inline|in-line|in line|in red|in blue|unten|im text|in rot|in blau|ci-dessous|plus bas"
    r"|en rouge|abajo|más abajo|en rojo|sotto|in rosso|abaixo|a vermelho|em vermelho|hieronder|in het rood|nedan"
    r"|nedenfor|poniżej|ниже)\b",
    re.IGNORECASE,
)
