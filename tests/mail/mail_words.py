"""What mail programs write by themselves in six languages, and what a customer writes there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What programs write in one language."""

    language: str
    said: tuple[str, ...]  # paragraphs of the customer
    date: str
    wrote: str  # of Gmail and Apple: with {date}, {name} and {address}
    wrote_short: str  # of Thunderbird and Yahoo
    labels: tuple[str, str, str, str]  # from, sent, to, subject
    iphone: str
    outlook_mobile: str
    proton: str


WORDS = (
    Words(
        "en",
        (
            "Hello Anna,",
            "the lamp arrived, but the switch doesn't work.\nShould I send it back?",
            "Kind regards\nAlice",
        ),
        "Tue, 3 Mar 2026 at 10:05",
        "On {date}, {name} <{address}> wrote:",
        "On 03/03/2026 10:05, {name} wrote:",
        ("From", "Sent", "To", "Subject"),
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Sent with Proton Mail secure email.",
    ),
    Words(
        "de",
        (
            "Guten Tag,",
            "die Lampe ist da, aber der Schalter geht nicht.\nSoll ich sie zurückschicken?",
            "Viele Grüße\nAlice",
        ),
        "Di., 3. März 2026 um 10:05",
        "Am {date} Uhr schrieb {name} <{address}>:",
        "Am 03.03.26 um 10:05 schrieb {name}:",
        ("Von", "Gesendet", "An", "Betreff"),
        "Von meinem iPhone gesendet",
        "Outlook für iOS beziehen",
        "Gesendet mit Proton Mail sicherer E-Mail.",
    ),
    Words(
        "fr",
        (
            "Bonjour,",
            "la lampe est arrivée, mais l’interrupteur ne marche pas.\nDois-je la renvoyer ?",
            "Cordialement\nAlice",
        ),
        "mar. 3 mars 2026 à 10:05",
        "Le {date}, {name} <{address}> a écrit :",
        "Le 03/03/2026 à 10:05, {name} a écrit :",
        ("De", "Envoyé", "À", "Objet"),
        "Envoyé de mon iPhone",
        "Télécharger Outlook pour iOS",
        "Envoyé avec la messagerie sécurisée Proton Mail.",
    ),
    Words(
        "es",
        (
            "Buenos días:",
            "la lámpara llegó, pero el interruptor no funciona.\n¿Debo devolverla?",
            "Un saludo\nAlice",
        ),
        "mar, 3 mar 2026 a las 10:05",
        "El {date}, {name} (<{address}>) escribió:",
        "El 3/3/26 a las 10:05, {name} escribió:",
        ("De", "Enviado", "Para", "Asunto"),
        "Enviado desde mi iPhone",
        "Obtener Outlook para iOS",
        "Enviado con el correo electrónico seguro de Proton Mail.",
    ),
    Words(
        "it",
        (
            "Buongiorno,",
            "la lampada è arrivata, ma l'interruttore non funziona.\nDevo rispedirla?",
            "Cordiali saluti\nAlice",
        ),
        "mar 3 mar 2026 alle ore 10:05",
        "Il giorno {date} {name} <{address}> ha scritto:",
        "Il 03/03/26 10:05, {name} ha scritto:",
        ("Da", "Inviato", "A", "Oggetto"),
        "Inviato da iPhone",
        "Ottieni Outlook per iOS",
        "Inviato con l'email sicura Proton Mail.",
    ),
    Words(
        "pt",
        (
            "Bom dia,",
            "a lâmpada chegou, mas o interruptor não funciona.\nDevo devolvê-la?",
            "Obrigada\nAlice",
        ),
        "terça, 3 de mar. de 2026 às 10:05",
        "Em {date}, {name} <{address}> escreveu:",
        "Em 03/03/2026 10:05, {name} escreveu:",
        ("De", "Enviado", "Para", "Assunto"),
        "Enviado do meu iPhone",
        "Obter o Outlook para iOS",
        "Enviado com o email seguro Proton Mail.",
    ),
)
