"""Courtesies, moods, and what to say when nothing was understood."""

import re

from .actions import OFFERS, Step
from .mentions import simplify
from .request import Talk
from .wording import plain

GREETING = (
    r"(?:hi+|hello+|hey+|heya|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|morning|evening)"
)
UPSET = re.compile(
    r"\b(?:stupid|idiots?|dumb|useless|ridiculous|unacceptable|terrible|horrible|awful|worst|angry|"
    r"furious|fed up|annoy\w*|frustrat\w*|disappoint\w*|hate|wtf|ffs|fuck\w*|shit\w*|damn|crap|bullshit|"
    r"sucks?|scam\w*|pathetic|disgust\w*|sick of|incompetent|liars?|(?:is|what|such) a joke|"
    r"what the hell|moron|asshole|rip ?off|bad service|hopeless|rubbish|garbage|trash)\b"
)
# What is said apart from fillers, and the answer. Of several, the first one answers. {name} is “, Alice” where it is known.
COURTESIES = (
    (
        r"try again|again|retry|repeat(?: that)?|what do you mean|i do not understand|huh",
        "I'm sorry if I was unclear. Please tell me in a few words what you need, such as “Where is my order?”.",
    ),
    (
        r"bye(?: bye)?|good ?bye|see (?:you|ya)(?: later)?|cya|good night|farewell|talk to you later|"
        r"have a (?:nice|good|great) (?:day|one|evening|weekend)|that is (?:all|it|everything)|nothing else|i am done",
        "Goodbye{name}! I'm here whenever you need something.",
    ),
    (
        r"thank(?:s| you)(?: (?:so|very) much| a lot| a bunch)?|cheers|much appreciated|appreciate(?: it| that)?|tks|tnx|🙏|❤️|"
        r"you are (?:great|awesome|the best|helpful)|(?:very |that was )?(?:helpful|great help)|(?:good|nice|great) (?:job|bot|work)",
        "You're welcome{name}! Is there anything else I can do for you?",
    ),
    (
        r"never ?mind|forget (?:it|that|about it)|cancel(?: that| it| this)?|stop(?: it)?|leave it|drop it|abort|skip(?: it)?|"
        r"(?:it )?does not matter|i changed my mind|no worries|not important|it is (?:ok|okay|fine|all right)|nothing|"
        r"(?:it )?(?:has )?(?:just )?arrived|problem solved|solved|found it|sorted|wrong chat|test(?:ing)?|"
        r"just (?:testing|kidding|looking|browsing)",
        "All right. Just write when you need something.",
    ),
    (
        r"no+|nope|nah|no thanks|no thank you|not now|not really|not yet|later|n|rather not|👎",
        "All right. Is there anything else I can do for you?",
    ),
    (
        r"yes+|yeah|yep|yup|sure|of course|please do|go ahead|do it|i do|y|correct|right|exactly",
        "Gladly. What can I do for you? I can look up an order or open a ticket, for example.",
    ),
    (
        r"wait|(?:just )?(?:a|one) (?:moment|second|sec|minute)|hold on|let me (?:check|look|see)|brb|moment",
        "Take your time.",
    ),
    (
        r"ok(?:ay)?|k|alright|all right|got it|i see|understood|fine|cool|great|perfect|nice|awesome|super|makes sense|"
        r"good(?! morning| afternoon| evening| day)|👍|🙂|😊|lol|haha",
        "Good. Is there anything else I can do for you?",
    ),
    (
        r"how are you(?: doing| today)?|how is it going|what is up|sup|how do you do",
        "I'm well, thank you. What can I do for you?",
    ),
    (
        r"(?:is )?(?:any|some)(?:one|body) (?:there|here)|are you (?:still )?(?:there|here)|you there|still there",
        "I'm here. What can I do for you?",
    ),
    (r"sorry|my bad|oops|apologies|i apologi[sz]e", "No problem at all. What can I do for you?"),
    (
        r"(?:i have |got )?(?:a |one |another |some |quick ){0,3}(?:questions?|problem|issue|request)(?: for you)?|"
        r"can (?:i|you) (?:ask|help)(?: (?:you|me))?(?: (?:something|with something))?|i need (?:some )?(?:help|support|assistance)",
        "Of course. What is it? I can look up an order or open a ticket, for example.",
    ),
    (GREETING, "Hello{name}! {welcome}"),
)
FILLERS = (
    r"ok|okay|oh|well|so|um|uh|hmm+|and|but|then|please|thanks|thank you|for (?:your|the|all) \w+|now|there|all|mate|dear|sir|"
    r"madam|team|bot|man|guys?|very much|anyway|actually|i|just|again|it is|that is|really|for now|no|yes|you|too|everyone|"
    r"support|sounds"
)
FOREIGN = re.compile(
    r"\b(?:ich|wo|mein\w*|bestellung|nicht|und|bitte|danke|guten|wann|paket|der|hallo|où|ma|mon|"
    r"commande|bonjour|merci|je|est|quand|pas|colis|hola|gracias|dónde|donde|mi|pedido|está|esta|no ha|"
    r"cuándo|por favor|ciao|grazie|dov|ordine|il mio|quando|olá|obrigado|onde|meu|waar|mijn|bestelling|"
    r"dank|niet|gdzie|moje|zamówienie|dziękuję|var|min|beställning|tack|siparişim|nerede)\b"
)


def courtesy(talk: Talk) -> str:
    """The answer to a message that holds nothing but courtesy, else nothing."""
    words = talk.words.replace(simplify(talk.company), " ") if talk.company else talk.words
    rest = words
    for pattern in (*(pattern for pattern, _say in COURTESIES), FILLERS):
        rest = re.sub(_whole(pattern), " ", rest)
    if re.search(r"\w", rest):
        return ""
    say = next((say for pattern, say in COURTESIES if re.search(_whole(pattern), words)), "")
    return say.format(name=_name(talk), welcome=welcome(talk))


def _whole(pattern: str) -> str:
    return rf"(?<!\w)(?:{pattern})(?!\w)"


def welcome(talk: Talk) -> str:
    shop = f" of {talk.company}" if talk.company else ""
    return f"I'm the demo assistant{shop}. I can {_abilities(talk)}. What can I do for you?"


def greets(talk: Talk) -> str:
    """A greeting in return, at the start of a conversation."""
    if len(talk.turns) > 1 or not re.match(rf"\W*{GREETING}\b", talk.words):
        return ""
    return f"Hello{_name(talk)}! "


def _name(talk: Talk) -> str:
    return f", {plain(talk.customer)}" if talk.customer else ""


def soothes(talk: Talk) -> str:
    return "I'm sorry for the trouble. " if UPSET.search(talk.words) else ""


ABILITIES = {
    "lookup_order": "look up an order by its number",
    "my_orders": "list the orders in your account",
    "create_ticket": "open a ticket for our team, also if you want to complain or to hear from a person",
    "my_tickets": "tell you how your tickets stand",
}


def _abilities(talk: Talk) -> str:
    short = {"lookup_order": "look up orders", "create_ticket": "open tickets for our team"}
    known = [words for name, words in short.items() if name in talk.tools]
    return " and ".join(known) or "chat a little, but no tools are connected"


def capabilities(talk: Talk) -> Step:
    lines = [f"- {words}" for name, words in ABILITIES.items() if name in talk.tools]
    if not lines:
        return Step("Not much: no tools for orders or tickets are connected to me here.")
    return Step(
        "\n".join(
            ["I can:", "", *lines, "", "Refunds, returns and changes are for our team: I pass them on."]
        )
    )


def about_myself(talk: Talk) -> Step:
    shop = f" of {talk.company}" if talk.company else ""
    return Step(
        f"I'm a bot, not a person: the demo assistant{shop}. I follow fixed rules and understand simple "
        f"English. "
        f"I can {_abilities(talk)}."
    )


# What to say to words that do not answer what was asked.
MISSED = {
    "number": "I don't see an order number in that. It has digits in it, as in ORD-123.",
    "email": "I don't see an e-mail address in that.",
    "ticket": "I'm not sure if that is a yes or a no.",
    "person": "I'm not sure if that is a yes or a no.",
}


def lost(talk: Talk) -> Step:
    """What to say to a message without anything that is understood."""
    if UPSET.search(talk.words):
        return Step("I'm sorry that this is frustrating.", "person")
    if _is_foreign(talk.words):
        return Step(f"I'm sorry, I only understand simple English. I can {_abilities(talk)}.")
    for ask, say in MISSED.items():
        if ask in talk.asked and (ask not in OFFERS or len(talk.words.split()) <= 2):
            return Step(say, ask)
    sorry = f"I'm sorry, I didn't understand that. I'm a demo model with simple English: I can {_abilities(talk)}."
    if len(re.findall(r"[a-z]{3,}", talk.words)) >= 4 or "I didn't understand" in _last_answer(talk):
        return Step(f"{sorry} Our team can take up anything else.", "ticket")
    return Step(f"{sorry} What do you need?")


def _last_answer(talk: Talk) -> str:
    return talk.turns[-2].answer if len(talk.turns) > 1 else ""


def _is_foreign(words: str) -> bool:
    letters = [letter for letter in words if letter.isalpha()]
    strange = sum(letter > "ɏ" for letter in letters)
    hits = FOREIGN.findall(words)
    return strange * 2 > len(letters) > 0 or len(hits) >= 2 or (len(hits) == 1 and len(words.split()) <= 2)
