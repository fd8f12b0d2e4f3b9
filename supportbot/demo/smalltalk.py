"""Answers courtesies and moods, says what the assistant is, and what it did not understand."""

import re

from .actions import CREATE_TICKET, LOOKUP_ORDER, MY_ORDERS, MY_TICKETS, OFFERS, REQUEST_HUMAN, Action
from .languages import ENGLISH, detect_language
from .mentions import find_emails, simplify_text
from .request import Dialogue
from .wording import escape_markdown

GREETING = (
    r"(?:hi+|hello+|hey+|heya|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|morning|evening)"
)
UPSET = re.compile(
    r"\b(?:stupid|idiots?|dumb|useless|ridiculous|unacceptable|terrible|horrible|awful|worst|angry|"
    r"furious|fed up|annoy\w*|frustrat\w*|disappoint\w*|hate|wtf|ffs|fuck\w*|shit\w*|damn|crap|bullshit|"
    r"sucks?|scam\w*|pathetic|disgust\w*|sick of|incompetent|liars?|(?:is|what|such) a joke|"
    r"what the hell|moron|asshole|rip ?off|bad service|hopeless|rubbish|garbage|trash)\b"
)
# A courtesy and the answer to it. Of several in a message, the first of this list is answered. {name}: “, Alice”.
COURTESIES = (
    (
        r"try again|again|retry|repeat(?: that)?|what do you mean|i do not understand|huh",
        "I'm sorry if I was unclear. Please tell me in a few words what you need, such as “Where is my order?”.",
    ),
    (
        r"bye(?: bye)?|good ?bye|see (?:you|ya)(?: later)?|cya|good night|farewell|talk to you later|"
        r"have a (?:nice|good|great) (?:day|one|evening|weekend)|that is (?:all|it|everything)|nothing else|i am done",
        "Goodbye{name}! I'm here whenever you need help.",
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
        "All right. Just write if you need anything.",
    ),
    (
        r"no+|nope|nah|no thanks|no thank you|not now|not really|not yet|later|n|rather not|👎",
        "All right. Just write if you need anything else.",
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
        "Great! I'm here if you need anything else.",
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


def answer_courtesy(dialogue: Dialogue) -> str:
    """The answer to a message that holds nothing but courtesies, else an empty text."""
    words = dialogue.simple_text
    if dialogue.company:
        words = words.replace(simplify_text(dialogue.company), " ")
    rest = words
    for pattern in (*(pattern for pattern, _answer in COURTESIES), FILLERS):
        rest = re.sub(_bound_words(pattern), " ", rest)
    if re.search(r"\w", rest):
        return ""
    answer = next((answer for pattern, answer in COURTESIES if re.search(_bound_words(pattern), words)), "")
    return answer.format(name=_format_name(dialogue), welcome=introduce_assistant(dialogue))


def _bound_words(pattern: str) -> str:
    return rf"(?<!\w)(?:{pattern})(?!\w)"


def introduce_assistant(dialogue: Dialogue) -> str:
    shop = f" of {dialogue.company}" if dialogue.company else ""
    return f"I'm the demo assistant{shop}. I can {_list_abilities(dialogue)}. What can I do for you?"


def return_greeting(dialogue: Dialogue) -> str:
    """A greeting in return at the start of a dialogue, else an empty text."""
    if len(dialogue.exchanges) > 1 or not re.match(rf"\W*{GREETING}\b", dialogue.simple_text):
        return ""
    return f"Hello{_format_name(dialogue)}! "


def _format_name(dialogue: Dialogue) -> str:
    return f", {escape_markdown(dialogue.customer_name)}" if dialogue.customer_name else ""


def soothe_anger(dialogue: Dialogue) -> str:
    return "I'm sorry for the trouble. " if UPSET.search(dialogue.simple_text) else ""


ABILITIES = {
    LOOKUP_ORDER: "look up an order by its number",
    MY_ORDERS: "list the orders in your account",
    CREATE_TICKET: "open a ticket, for a complaint or a request",
    REQUEST_HUMAN: "hand you over to a person",
    MY_TICKETS: "check the status of your tickets",
}


def _list_abilities(dialogue: Dialogue) -> str:
    short = {LOOKUP_ORDER: "look up orders", CREATE_TICKET: "open tickets for our team"}
    known = [words for name, words in short.items() if name in dialogue.tools]
    return " and ".join(known) or "chat a little, but no tools are connected"


def describe_capabilities(dialogue: Dialogue) -> Action:
    lines = [f"- {words}" for name, words in ABILITIES.items() if name in dialogue.tools]
    if not lines:
        return Action("Not much: no tools for orders or tickets are connected to me here.")
    limit = "I pass refunds, returns and changes on to our team."
    return Action("\n".join(["I can:", "", *lines, "", limit]))


def describe_assistant(dialogue: Dialogue) -> Action:
    shop = f" of {dialogue.company}" if dialogue.company else ""
    rules = "I follow fixed rules and understand simple English."
    return Action(
        f"I'm a bot, not a person: the demo assistant{shop}. {rules} I can {_list_abilities(dialogue)}."
    )


# What to say to words that do not answer a question.
MISSED_ANSWERS = {
    "number": "I couldn't find an order number there. It looks like ORD-123.",
    "email": "I couldn't find an e-mail address there.",
    **dict.fromkeys(("ticket", "person"), "I'm not sure whether that's a yes or a no."),
}


def handle_unknown(dialogue: Dialogue) -> Action:
    """What to say to a message in which nothing was understood."""
    words = dialogue.simple_text
    if UPSET.search(words):
        return Action("I'm sorry that this is frustrating.", "person")
    abilities = f"I can {_list_abilities(dialogue)}."
    if detect_language(words) is not ENGLISH:
        return Action(f"I'm sorry, I only understand simple English. {abilities}")
    offers = dialogue.open_questions & OFFERS
    is_question = re.search(r"\?|\b(?:you|who|what|why|how)\b", words)
    if offers and (find_emails(words) or (len(words.split()) > 2 and not is_question)):
        return Action("Thank you. Our team can read that here too.", sorted(offers)[0])
    for question, text in MISSED_ANSWERS.items():
        if question in dialogue.open_questions and (question not in OFFERS or len(words.split()) <= 2):
            return Action(text, question)
    sorry = f"I'm sorry, I didn't understand that. I'm a demo model with simple English. {abilities}"
    was_lost = any("I didn't understand" in exchange.answer for exchange in dialogue.exchanges[-2:-1])
    if was_lost or len(re.findall(r"[a-z]{3,}", words)) >= 4:
        return Action(f"{sorry} Our team can help with anything else.", "ticket")
    return Action(f"{sorry} What do you need?")
