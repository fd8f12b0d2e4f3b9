"""Finds the facts in a sentence that can be looked up: numbers, addresses, money, dates, times, spans, percentages.

Each fact has readings: “03/04” is the third of April or the fourth of March. It is known if one of them is. Month names
and units of time are known in English, German, French, Spanish, Italian and Dutch, and many in other languages.
"""

from .known_facts import list_known_facts
from .sentence_facts import find_facts

__all__ = ["find_facts", "list_known_facts"]
