"""A write that a model writes as text is run behind whatever it announces, and not behind what it only supposes."""

import pytest

from supportbot.assistant.backends.text_calls.suppositions import is_behind_supposition

SUPPOSED = [
    "**Shall I open a ticket?**",
    "(Shall I open a ticket?)",
    "“Shall I?”",
    "Shall I open one? 🙂",
    "Shall I…?!",
    "Shall I? :",
    "Shall I?\n---\n",
    "¿Abro un ticket? 😊",
    "要我提交工单吗？😊",
    "If you agree, I'd send this:",
    "I would open this ticket:",
    "Wenn Sie einverstanden sind, sende ich das:\n",
    "For example one writes:",
    "If you agree:",
    "Si vous voulez :",
    "If you agree and have no further questions, I'd send this:",
    "If you agree, I'd open another ticket and nothing else:",
    "Wenn Sie möchten, öffne ich weitere Tickets:",
    "Example:",
    "Here's an example:",
    "Beispiel:",
    "Exemple :",
    "Si le parece bien, lo envío:",
    "Se è d'accordo, invio questo:",
    "Indien u akkoord gaat, verstuur ik dit:",
    "Please confirm:",
    "Bitte bestätigen Sie:",
    "请确认：",
    "Ich würde z. B. das senden:",
    "Als u wilt, open ik:",
    "Se quiser, abro:",
    "Wenn du willst, öffne ich eins:",
    "Once you confirm, I'll send this:",
    "If you want me to, I send:",
    "If you'd like, I open:",
    "If you want, I do it:",
]
ANNOUNCED = [
    "It looks like your parcel was lost, so I'm opening a ticket:",
    "I'm opening a ticket and will write as soon as I have news:",
    "As I could not find the parcel, I open a ticket:",
    "I open one so that we could look into it.",
    "Please have details such as your order number:",
    "I see that it would be late, so I open:",
    "I'm assuming the parcel is lost and open one:",
    "Ich eröffne ein Ticket und melde mich, sobald ich etwas weiß:",
    "J'ouvre un ticket et vous écris dès que vous l'avez:",
    "Creo un ticket y le avisamos si lo encuentran:",
    "Puedo ver que podría estar perdido, así que abro uno:",
    "Ik maak een ticket; u hoort van ons zodra het klaar is:",
    "もしもし、チケットを作成します:",
    "**If you want a refund, that's possible.** I open a ticket:",
    "You wrote “if it is late, tell me.” I open a ticket:",
    "## If you want a refund\n\nI open a ticket:",
    "- If it is late, we refund\n- I open a ticket now",
    "If you ever want to change it, write to us\n\nI'm opening a ticket now:",
    "I open one. If you need anything else, tell me!",
    "I'd be happy to help, so I open a ticket:",
    "We'd like to help, I open one:",
    "Is it late? I open a ticket:",
    "You'd like a refund, so I open a ticket. They answer as soon as possible, and ask you if they need more.",
    "If it is late, a ticket helps. I open one.",
    "Ich würde mich freuen zu helfen und öffne ein Ticket:",
    "If you want anything else, tell me. I open:",
    "I open a ticket; if you want to add something, write:",
    "OK.",
    "",
    "Sure, I'll do that now:\n",
    "Natürlich, ich eröffne ein Ticket:",
    "Bien sûr, j'ouvre un ticket :",
    "Wenn du noch etwas möchtest, sag es. Ich eröffne eins:",
    "As requested, I open it:",
]


@pytest.mark.parametrize("before", SUPPOSED)
def test_what_is_asked_or_supposed_is_not_meant_yet(before: str) -> None:
    assert is_behind_supposition(before)


@pytest.mark.parametrize("before", ANNOUNCED)
def test_what_is_announced_is_meant(before: str) -> None:
    assert not is_behind_supposition(before)
