"""Who else serves the site, and to which groups of messages each of them listens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NotRequired, TypedDict
from zlib import crc32

ALL_PROCESSES = "everyone"  # a group to which every process listens


class Groups:
    """Some groups, and a digest of them: whoever has another digest lacks some, or has some too many."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._checksum = 0

    def __contains__(self, group: object) -> bool:
        return group == ALL_PROCESSES or group in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def get_digest(self) -> list[int]:
        return [len(self._names), self._checksum]

    def add_group(self, group: str) -> None:
        if group not in self._names:
            self._names.add(group)
            self._checksum ^= crc32(group.encode())

    def remove_group(self, group: str) -> None:
        if group in self._names:
            self._names.discard(group)
            self._checksum ^= crc32(group.encode())


class Presence(TypedDict):
    """What a process says of itself: that it is there, and the groups that it has joined and left since."""

    joined: Sequence[str]
    left: Sequence[str]
    digest: Sequence[int]  # of all its groups, after that
    is_complete: bool  # `joined` are all of them
    asks: bool  # the others are to send all of theirs
    has_ended: bool
    sent_at: NotRequired[float]  # seconds since the epoch; processes of earlier versions do not say it


@dataclass
class Peer:
    """Another process, as far as it has told this one."""

    groups: Groups = field(default_factory=Groups)
    is_known: bool = False  # all its groups are
    heard_at: float = 0.0

    def apply_presence(self, presence: Presence) -> None:
        if presence["is_complete"]:
            self.groups = Groups()
        for group in presence["joined"]:
            self.groups.add_group(group)
        for group in presence["left"]:
            self.groups.remove_group(group)
        self.is_known = self.groups.get_digest() == list(presence["digest"])
        self.heard_at = monotonic()


class Peers:
    """The other processes. Until they have had the time to tell of themselves, any of them may listen to anything."""

    def __init__(self) -> None:
        self._by_id: dict[str, Peer] = {}
        self._are_known = False

    def __bool__(self) -> bool:
        """Whether there is another process, or may be."""
        return not self._are_known or bool(self._by_id)

    def has_listener(self, group: str) -> bool:
        if not self._are_known:
            return True
        return any(group in peer.groups or not peer.is_known for peer in self._by_id.values())

    def apply_presence(self, peer_id: str, presence: Presence) -> bool:
        """Take in what another process says of itself. Returns whether it must be asked for the whole of it."""
        if presence["has_ended"]:
            self._by_id.pop(peer_id, None)
            return False
        peer = self._by_id.setdefault(peer_id, Peer())
        peer.apply_presence(presence)
        return not peer.is_known

    def expect_all_known(self) -> None:
        """Those that are there have had the time to say so."""
        self._are_known = True

    def forget_all(self) -> None:
        """What they say does not arrive any more."""
        self._by_id.clear()
        self._are_known = False

    def forget_silent(self, timeout_seconds: float) -> None:
        heard_after = monotonic() - timeout_seconds
        self._by_id = {key: peer for key, peer in self._by_id.items() if peer.heard_at > heard_after}
