"""«Write above this line», in the customer's language. An answer quotes it, so what stands below it is ours.

The sentences stand here and not in the catalogues of translations: whoever reads an answer must know all of them, also
those of mails that were sent before a language was switched off.
"""

import re

DEFAULT_LANGUAGE = "en"
SENTENCES = {
    "en": "Please write your reply above this line",
    "de": "Bitte antworten Sie oberhalb dieser Zeile",
    "fr": "Merci de répondre au-dessus de cette ligne",
    "es": "Escriba su respuesta encima de esta línea",
    "it": "Scriva la Sua risposta sopra questa riga",
    "pt": "Escreva a sua resposta acima desta linha",
    "nl": "Schrijf uw antwoord boven deze regel",
    "pl": "Prosimy o odpowiedź powyżej tej linii",
    "sv": "Skriv ditt svar ovanför den här raden",
    "da": "Skriv dit svar over denne linje",
    "ar": "يرجى كتابة ردكم فوق هذا السطر",
    "ru": "Пожалуйста, напишите ответ выше этой строки",
    "tr": "Lütfen yanıtınızı bu satırın üzerine yazın",
    "no": "Skriv svaret ditt over denne linjen",
    "fi": "Kirjoita vastauksesi tämän rivin yläpuolelle",
    "cs": "Svou odpověď prosím napište nad tento řádek",
    "ro": "Vă rugăm să scrieți răspunsul deasupra acestei linii",
    "hu": "Kérjük, válaszát e sor fölé írja",
    "vi": "Vui lòng viết câu trả lời phía trên dòng này",
    "id": "Silakan tulis balasan Anda di atas baris ini",
    "ca": "Escriviu la vostra resposta per sobre d'aquesta línia",
    "gl": "Escriba a súa resposta por riba desta liña",
    "af": "Skryf asseblief u antwoord bo hierdie lyn",
    "lt": "Savo atsakymą rašykite virš šios eilutės",
    "lv": "Lūdzu, rakstiet atbildi virs šīs rindas",
    "el": "Γράψτε την απάντησή σας πάνω από αυτή τη γραμμή",
    "uk": "Будь ласка, напишіть відповідь над цим рядком",
    "he": "נא לכתוב את תשובתכם מעל שורה זו",
    "fa": "لطفاً پاسخ خود را بالای این خط بنویسید",
    "th": "กรุณาเขียนคำตอบเหนือบรรทัดนี้",
    "ja": "この行より上にご返信をお書きください",
    "zh": "请在此行上方回复",
    "ko": "이 줄 위에 답장을 작성해 주세요",
}
OPENING, CLOSING = "##-", "-##"
# Clients wrap and indent what they quote.
PATTERN = re.compile(rf"{OPENING}[^#]{{5,200}}?{CLOSING}")


def get_marker(language: str) -> str:
    sentence = SENTENCES.get(language, SENTENCES[DEFAULT_LANGUAGE])
    return f"{OPENING} {sentence} {CLOSING}"
