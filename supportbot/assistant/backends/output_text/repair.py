"""A text as its model wrote it: with the special tokens that a server has left out, without letters that are bytes,
and without escapes."""

from .bare_harmony import BareHarmonyReader
from .escaped_text import EscapedTextReader
from .leaked_letters import LeakedLetterReader, LeakedSpaceReader


class TextRepair:
    """Reads the beginning of a text, and all of it if it must be repaired."""

    def __init__(self) -> None:
        self._readers = (LeakedSpaceReader(), LeakedLetterReader(), EscapedTextReader(), BareHarmonyReader())

    @property
    def is_over(self) -> bool:
        """Whether the rest of the text is what it is."""
        return all(reader.is_over for reader in self._readers)

    def read_text(self, data: str) -> str:
        """Add a piece. Returns what of the text may be passed on."""
        for reader in self._readers:
            data = data if reader.is_over or not data else reader.read_text(data)
        return data

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        held = ""
        for reader in self._readers:
            held = (reader.read_text(held) if held and not reader.is_over else held) + reader.flush_text()
        return held
