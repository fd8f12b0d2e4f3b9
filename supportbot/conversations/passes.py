"""Every open page has a pass: the session that it was opened with. When that ends, the page's socket is closed."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import Exists
from django.utils import timezone

from . import elsewhere
from .models import Conversation
from .threads import in_database
from .visitors import Visitor, visitor_of

T = TypeVar("T")
Dismiss = Callable[[int], Awaitable[None]]

# Codes with which a socket is closed.
SIGNED_OUT = 4401
NOT_FOUND = 4404
TOO_MANY = 4429
# A guest who signs in gets another session. The page comes back with its cookie.
COME_BACK = 4205

# The open pages of each visitor, and how each is sent away.
_pages: defaultdict[str, dict[Dismiss, "Pass"]] = defaultdict(dict)


class Ended(Exception):
    """The page may not be here any more."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Pass:
    session: str = field(repr=False)
    user_id: int | None
    guest_key: str = field(repr=False)
    # The account's, as it is stored: whoever changes it ends all sessions that were begun with the old one.
    password: str = field(repr=False)

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.user_id, self.guest_key)

    @property
    def seal(self) -> str:
        """What the pass is called on the channel layer, which must not learn what a session's cookie is."""
        return _seal(self.guest_key or self.session)

    @property
    def code(self) -> int:
        """How its pages are closed when it ends."""
        return SIGNED_OUT if self.user_id else COME_BACK


def pass_of(user: Any, session: Any) -> Pass:
    visitor = visitor_of(user, session)
    password = user.password if visitor.user_id else ""
    return Pass(session.session_key or "", visitor.user_id, visitor.guest_key, password)


def enter(holder: Pass, dismiss: Dismiss, most: int) -> bool:
    """Let one more page of the visitor in; False when that is one too many."""
    key = holder.visitor.key
    if len(_pages.get(key, ())) >= most:
        return False
    _pages[key][dismiss] = holder
    return True


def leave(holder: Pass, dismiss: Dismiss) -> None:
    key = holder.visitor.key
    _pages[key].pop(dismiss, None)
    if not _pages[key]:
        del _pages[key]


def check(holder: Pass, conversation: int) -> None:
    """Raise `Ended` unless the pass is good and its holder may be in the conversation. One query, when all is well."""
    session = Session.objects.filter(session_key=holder.session, expire_date__gt=timezone.now())
    found = Conversation.objects.of(holder.visitor).filter(Exists(session), pk=conversation)
    if holder.user_id:
        found = found.filter(user__is_active=True, user__password=holder.password)
    if not found.exists():
        raise Ended(holder.code if lapsed([holder]) else NOT_FOUND)


def checked(holder: Pass, request: Callable[..., T], conversation: int, *args: Any, **options: Any) -> T:
    """Do what the holder asks for, if the pass is good."""
    check(holder, conversation)
    return request(conversation, *args, **options)


def lapsed(holders: Collection[Pass]) -> set[Pass]:
    """Those that have ended: the session is gone, or the account may not or does not sign in like this any more."""
    sessions = Session.objects.filter(session_key__in={each.session for each in holders})
    living = set(sessions.filter(expire_date__gt=timezone.now()).values_list("session_key", flat=True))
    ids = {each.user_id for each in holders if each.user_id}
    users = get_user_model().objects.filter(pk__in=ids, is_active=True)
    passwords: dict[int | None, str] = {None: "", **dict(users.values_list("pk", "password"))}
    return {
        each for each in holders if each.session not in living or passwords.get(each.user_id) != each.password
    }


async def dismiss_lapsed() -> None:
    """Close the pages here whose session has ended, wherever that was done."""
    if _pages:
        gone = await in_database(lapsed, {holder for pages in _pages.values() for holder in pages.values()})
        await _dismiss(gone.__contains__)


async def end(key: str) -> None:
    """The session with this key, or of the guest with this one, ends now: close its pages here and elsewhere."""
    await _dismiss_sealed(_seal(key))
    await elsewhere.tell(elsewhere.EVERYONE, "ended", seal=_seal(key))


@elsewhere.hears("ended")
async def _dismiss_sealed(seal: str) -> None:
    await _dismiss(lambda holder: holder.seal == seal)


async def _dismiss(is_over: Callable[[Pass], bool]) -> None:
    opened = [each for pages in _pages.values() for each in pages.items()]
    for dismiss, holder in opened:
        if is_over(holder):
            await dismiss(holder.code)


def _seal(key: str) -> str:
    return sha256(key.encode()).hexdigest()
