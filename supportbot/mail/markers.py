"""«Write above this line», in the customer's language. An answer quotes it, so what stands below it is ours.

The sentences stand here and not in the catalogues of translations: whoever reads an answer must know all of them, also
those of mails that were sent before a language was switched off.
"""

import re

from supportbot.conversations.models import Conversation, Message
from supportbot.conversations.realtime.language import detect_language

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
}
OPENING, CLOSING = "##-", "-##"
LANGUAGE_MESSAGES = 5
# Clients wrap and indent what they quote.
PATTERN = re.compile(rf"{OPENING}[^#]{{5,200}}?{CLOSING}")


def get_marker(language: str) -> str:
    sentence = SENTENCES.get(language, SENTENCES[DEFAULT_LANGUAGE])
    return f"{OPENING} {sentence} {CLOSING}"


def detect_customer_language(conversation: Conversation) -> str:
    """In which language the customer wrote last, `DEFAULT_LANGUAGE` if that is not clear."""
    said = conversation.messages.filter(role=Message.Role.CUSTOMER).order_by("-turn_id", "-seq")
    texts = list(said.values_list("text", flat=True)[:LANGUAGE_MESSAGES])
    return detect_language("\n".join(texts)) or DEFAULT_LANGUAGE
