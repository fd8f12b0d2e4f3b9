"""The words by which mail programs introduce what they quote, in the languages of their users."""

import re

# «On … Alice wrote:», as programs end it. Beside a date or an address only, since people write such words too.
WROTE = (
    r"wrote(?: the following)?|writes|schrieb|geschrieben|a écrit|a ecrit|escribió|escribio|ha scritto|escreveu|schreef"
    r"|geschreven|skrev|napisał(?:a|\(a\))?|pisze|>\s?nadesłał|napisana przez|napsal(?:\(a\))?|kirjoitti|írta|a scris"
    r"|написала?|пишет|написав|пише|yazdı|éscrigué|va escriure|escribiu|έγραψε|napísal|je napisal|je napisao|rašė"
    r"|kirjutas|đã viết|menulis|كتب|כתב|写道|写到|寫道|のメール|さんが書きました|님이 작성|쓴 글"
    r"|^(?:quoting|zitat von|citando|citeren|cytowanie|cituji|citerar)\b"
    # Gmail has no verb in Japanese.
    r"|\d{4}年\d{1,2}月\d{1,2}日\(.\)\s\d{1,2}:\d{2}\s.{1,100}<[^<>\s]+@[^<>\s]+>\s?[:：]$"
)
WROTE_PATTERN = re.compile(WROTE, re.IGNORECASE)
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
    rf"|^-{{3,}}\s?[\"'\w].{{0,200}}(?:{WROTE})\s?:?\s?-{{3,}}$",
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
    r"iphone?|ipad|android|smartphone|handy|mobiltelefon|mobile|samsung|galaxy|huawei|pixel|blackberry|telefon|xiaomi|redmi"
    r"|oneplus|xperia|motorola|macbook|téléphone|telefoon|cellulare|celular|móvil|portable"
)
PROGRAM_SIGNATURE = re.compile(
    r"""^\W{0,3}(?:
    (?:sent\s(?:from|with|via|using)|send\sfrom)\b.{0,80}
    |yahoo\smail\s?[:;-].{0,40}\borgani.{0,40}|sent\sfrom\syahoo.{0,60}
    |(?:von|mit)\s(?:samsung[-\s](?:galaxy[-\s])?(?:smartphone|mobile|tablet|handy)|(?:der\s)?(?:gmx|web\.de)\s(?:\w{3,9}\s)?(?:mail|app)|yahoo\smail.{0,20})\sgesendet
    |(?:diese\s(?:nachricht|e-?mail)\swurde\s)?(?:gesendet|geschickt|versendet|verschickt)\s(?:von|mit|über|via|aus)\b.{0,90}
    |diese\s(?:nachricht|e-?mail)\swurde\svo[nm]\b.{0,90}
    |(?!.*\b(?:hab|hat|wurd|wird|werd|nicht|kein|bitte))(?:vom|(?:(?:von|mit)\s)?meinem)\b.{0,60}(?:gesendet|geschickt)
    |(?:get|holen\ssie\ssich|laden\ssie|beziehen\ssie|télécharge[rz]|obten(?:ir|ez|er|ga|ha)|obtén|obter|baixe|baixar
        |transferir|ottieni|ottenere|scarica|download|haal|hämta|hent|få|skaffa|pobierz|uzyskaj|získat|získejte|hanki
        |скачать|получить|установить|获取|取得|الحصول\sعلى)\s(?:(?:o|aplikację|program)\s)?outlook\b
        .{0,15}(?:ios|android|mac|windows).{0,60}
    |outlook\s(?:voor|für|pour|para|per|för|for)\s?(?:ios|android|mac|windows)
        (?:\s(?:downloaden|herunterladen|beziehen|を入手|のダウンロード)(?:\s?<.{0,60}>)?|\s?<.{0,60}>)
    |.{0,30}\boutlook\b.{0,20}(?:ios|android|mac|windows)\s?<https://aka\.ms/\w{1,20}>(?:\s\w{3,15})?
    |(?:ios|android)\s(?:için|版)\soutlook(?:['’]u\s(?:edinin|indir\w*)|を入手)?(?:\s?<.{0,60}>)?
    |(?:envoyé|envoyée)\s(?:de|depuis|à\spartir|avec|via)\b.{0,80}
    |(?:enviado|enviada)\s(?:desde|a\spartir|do|da|de|con|com|pelo|via)\b.{0,80}
    |(?:inviato|inviata|spedito)\s(?:da|dal|dallo|dalla|con|tramite|mediante)\b.{0,80}
    |(?:verzonden|verstuurd)\s(?:vanaf|vanuit|met|via|van)\b.{0,80}
    |(?:skickat|skickades|sendt)\s(?:från|fra|med)\b.{0,80}
    |(?:wysłan[aeo]|odeslán[ao]|odoslané)\s(?:ze?|(?:za\s)?pomocą|pomocí)\b.{0,80}
    |отправлено\s(?:со?|из|через)\b.{0,80}
    |provenance\s?:\s?(?:courrier|outlook|mail).{0,60}
    |(?:get|download)\s(?:bluemail|typeapp|nine)\sfor\b.{0,60}
    |(?:lähetetty|trimis\sde\spe|στάλθηκε\sαπό|تم\sالإرسال\sمن|נשלח\sמ).{0,60}|.{0,40}\sgönderildi
    |.{0,40}(?:から送信|从我的.{0,12}发送|发自(?:我的.{0,12}|.{0,8}(?:邮箱.{0,3}|手机|iphone|ipad|android))|傳送自.{0,12}|從我的.{0,12}傳送|에서\s보냄).{0,10}
    |[\w\s-]{3,30}\.\s?www\.av(?:ast|g)\.com|https://www\.av(?:ast|g)\.com/sig-email.{0,200}
    )\W{0,3}$""",
    re.IGNORECASE | re.VERBOSE,
)
# What stands with it in a line of its own.
LINK = re.compile(r"^<?(?:https?://\S{1,300}|#[\dA-F]{8}-[\dA-F-]{4,40}>?)$")
DEVICE_AT_END = re.compile(rf"(?:{OWN_DEVICE}|phone|device)\W*$", re.IGNORECASE)
EXCUSE = re.compile(
    r"excuse|brevity|typos|kürze|tippfehler|entschuldig|excuse[rz]|brièveté|disculp|brevedad|scus|desculp|swiss-based"
    r"|^yahoo\smail|https?://[^\s),]{1,80}\),",
    re.IGNORECASE,
)
MY = r"my|mein\w*|mon|ma|mi|meu|minha|mio|mia|mijn|min|mitt|mojego|mojej|mého|mojho|моего|моей|minun|benim|meva|al\smeu"
# Not «with»: programs say it before their own names, people of devices that are goods.
FROM = (
    r"from|via|using|von|vom|über|aus|depuis|partir|de|desde|do|da|dal|dallo|dalla|tramite|vanaf|vanuit|van|från|fra|z|ze"
    r"|с|со|из|pe|από|lähetetty"
)
ARTICLE = r"(?:the|an?|der|dem|einem|mit|un|une|el|la|le|il|o|een|het|d['’]un|urządzenia|smartfona|смартфона)"
# A device or a program must be named, or «sent from Berlin» would be one. Neither is «sent with a broken phone».
PROGRAM_NAMES = re.compile(
    rf"(?<!\w)(?:{MY})\s.{{0,40}}(?:{OWN_DEVICE})|\b(?:{FROM})\s(?:{ARTICLE}\s)?(?:{OWN_DEVICE})"
    r"|^\W{0,3}(?:iphone|ipad|android|samsung|galaxy|huawei|xiaomi|redmi)"
    r"|outlook|proton|gmx|web\.de|gmail|thunderbird|yahoo|\bspark\b|superhuman|\btuta(?:nota)?\b\W*(?:$|mail)|canary"
    r"|\bnine\W*$|\baol\b|t-online|posteo|windows|mail\.ru|mail[-\s]app|(?:\bapp\w*|libero|zoho|k-9)\smail|(?:air|aqua|blue|fast|my)mail"
    r"|shortwave|icloud|missive|em\sclient|\bavast|\bavg|\bonet\b|\bwp\b|яндекс|から送信|发送|发自|傳送|보냄",
    re.IGNORECASE,
)
# What people write above a mail in which they have answered line by line.
POINTS_BELOW = re.compile(
    r"\b(?:below|inline|in-line|in line|in red|in blue|unten|im text|in rot|in blau|ci-dessous|plus bas"
    r"|en rouge|abajo|más abajo|en rojo|sotto|in rosso|abaixo|a vermelho|em vermelho|hieronder|in het rood|nedan"
    r"|nedenfor|poniżej|ниже)\b",
    re.IGNORECASE,
)
