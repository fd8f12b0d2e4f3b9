"""Whom a note mentions: “@Anna” or “@Anna Müller” is a colleague who may see conversations, if it is one alone.

What stands in a note is looked up here when it is stored. A name that nobody has, or that more than one has, is text.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from unicodedata import category, normalize

from django.db.models import QuerySet

from supportbot.conversations.answerers import find_staff_with_right
from supportbot.server.executors import on_database_thread

from ..models import Mention
from ..rights import READ_CONVERSATIONS


def list_mentionable(staff: Any) -> list[dict[str, str]]:
    """Colleagues by name, as a page offers them, each with what is written behind the @ to mention them."""
    people = list(find_staff_with_right(READ_CONVERSATIONS).order_by("first_name", "last_name", "username"))
    owners = _find_owners(people)
    offered = [(each, _choose_name(each, owners)) for each in people if each.pk != staff.pk]
    return [{"label": _label_colleague(each, name), "name": name} for each, name in offered if name]


def find_mentioned(text: str) -> set[int]:
    """The keys of the staff whom a note mentions."""
    if "@" not in text:
        return set()
    owners = _find_owners(find_staff_with_right(READ_CONVERSATIONS))
    names = "|".join(map(re.escape, sorted(owners, key=len, reverse=True)))
    # The part of an address such as anna@example.com is no mention, nor is “Anna” in “@Anna-Lena” or “@anna.b”.
    pattern = rf"(?<![\w/.@-])@({names})(?!\w|@|[-.]\w)"
    found = re.finditer(pattern, _fold_name(text))
    mentioned = (owners.get(match[1], set()) for match in found if not _goes_on(match))
    return {pk for keys in mentioned if len(keys) == 1 for pk in keys}


def _goes_on(name: re.Match[str]) -> bool:
    """A vowel sign or an accent follows, which is no character of a word to `re`: “राज” is not mentioned by “@राजा”."""
    following = name.string[name.end() : name.end() + 1]
    return bool(following) and category(following).startswith("M")


def has_unread_mention(conversation_id: int, staff: Any) -> bool:
    return _find_unread(conversation_id, staff).exists()


@on_database_thread(repeat=True)
def mark_read(conversation_id: int, staff: Any) -> None:
    """They look at the conversation."""
    _find_unread(conversation_id, staff).update(is_unread=False)


def _find_unread(conversation_id: int, staff: Any) -> QuerySet[Mention]:
    return Mention.objects.filter(staff=staff, is_unread=True, note__conversation=conversation_id)


def _find_owners(people: Iterable[Any]) -> dict[str, set[int]]:
    """Of each name whose it is. A first name alone counts where it is nobody's whole name."""
    whole, first = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for each in people:
        for name in _list_whole_names(each):
            whole[_fold_name(name)].add(each.pk)
        if each.first_name.strip():
            first[_fold_name(each.first_name)].add(each.pk)
    return {**first, **whole}


def _choose_name(person: Any, owners: dict[str, set[int]]) -> str:
    """The first of their names that nobody else has; empty if there is none."""
    return next((name for name in _list_whole_names(person) if owners[_fold_name(name)] == {person.pk}), "")


def _label_colleague(person: Any, name: str) -> str:
    shown = _list_whole_names(person)[0]
    return shown if shown == name else f"{shown} ({name})"


def _list_whole_names(person: Any) -> list[str]:
    return [name for name in (person.get_full_name(), person.get_username()) if name.strip()]


def _fold_name(name: str) -> str:
    """The same for all spellings of a name, also of İbrahim, whose İ has a dot of its own as a small letter."""
    return " ".join(normalize("NFC", name).casefold().replace("i\u0307", "i").split())
