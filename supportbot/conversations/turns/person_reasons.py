"""Which of a customer's words tell staff why a person is needed: not “hi”, “yes please” or an address alone."""

import re
import unicodedata

from ..models import Conversation, Message

RECENT_MESSAGES = 20
SUBSTANCE_LETTERS = 6  # “broken” has as many
LETTERS_OF_WIDE = 3  # what one sign of Chinese or Japanese stands for

# From the beginning of a word only, or a long one would be looked through from each of its letters.
_ADDRESS = re.compile(r"(?<!\S)\S+@\S+|\bhttps?://\S+")
_NUMBER = re.compile(r"(?<!\S)\S*\d\S*")
_WORD = re.compile(r"[^\W\d_]+")
# A wish for a person says nothing about the matter; it is what is being explained. Between its words are small ones,
# and nothing of the matter.
_PERSON_WISH = re.compile(
    r"\b(?:talk|speak|chat|connect|transfer|pass|put|want|need|get|give|like|is|are)\b"
    r"(?:\s+(?:to|with|through|over|on|from|you|your|me|us|my|a|an|the|there|any|one|of|some|real|live|actual|human|"
    r"another|different|other|now|please|and|or|chat|talk|speak|is|are|want|need|like|get|customer|service|support|care|"
    r"sales|member|in|touch|be|connected|help|your)){0,8}\s+"
    r"(?:persons?|humans?|agents?|people|someone|somebody|anyone|anybody|representative|operator|staff|colleague|"
    r"manager|employee)\b(?: (?:there|here|available))?|^\W*(?:an? )?(?:real )?(?:person|human|agent)\b",
    re.IGNORECASE,
)
# Greetings, answers and courtesies, and the words between them.
_SMALL_WORDS = frozenset(
    _WORD.findall(
        """
        hi hello hey hiya good morning afternoon evening day night dear there yes yeah yep yup sure ok okay
        no nope nah not thanks thank thx you very much please pls bye great fine right well so um oh hmm
        help me can could would will i im we my a an the it is its are am this that to of for and or but do
        d s m ve ll re just now here still really all how what when
        where who why look looks see photo photos picture pictures attached hallo
        guten tag morgen abend moin servus ja nein danke
        bitte bonjour bonsoir salut oui non merci hola buenos buenas dias tardes sí si gracias favor por
        ciao buongiorno buonasera sì grazie prego olá oi bom dia sim não obrigado obrigada hoi goedemorgen
        goedemiddag nee dank hej tak tack dzień dobry cześć nie dziękuję привет здравствуйте да нет спасибо
        merhaba evet hayır مرحبا نعم لا شكرا שלום כן לא תודה
        こんにちは はい いいえ ありがとう 你好 您好 是 谢谢 안녕하세요 네 감사합니다
        """
    )
)


def describe_last_words(conversation: Conversation) -> str:
    """What the customer wrote last that says something about their matter; empty if nothing does.

    A number alone, such as an order's, is taken where there are no words.
    """
    said = conversation.messages.filter(role=Message.Role.CUSTOMER).order_by("-turn_id", "-seq")
    recent = [text for text in said.values_list("text", flat=True)[:RECENT_MESSAGES] if text]
    with_words = (text for text in recent if _count_letters(text) >= SUBSTANCE_LETTERS)
    with_anything = (text for text in recent if _count_letters(text) or _has_number(text))
    return next(with_words, "") or next(with_anything, "")


def _count_letters(text: str) -> int:
    """Of the words that say something."""
    left = _NUMBER.sub(" ", _ADDRESS.sub(" ", text))
    words = _WORD.findall(_PERSON_WISH.sub(" ", left).lower())
    return sum(map(_weigh_letter, "".join(word for word in words if word not in _SMALL_WORDS)))


def _weigh_letter(letter: str) -> int:
    return LETTERS_OF_WIDE if unicodedata.east_asian_width(letter) in "WF" else 1


def _has_number(text: str) -> bool:
    return _NUMBER.search(_ADDRESS.sub(" ", text)) is not None
