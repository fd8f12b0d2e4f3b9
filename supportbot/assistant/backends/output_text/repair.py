"""A text as its model wrote it: with the special tokens that a server has left out, without letters that are bytes."""

from .bare_harmony import BareHarmonyReader
from .leaked_letters import LeakedLetterReader


class TextRepair:
    """Reads the beginning of a text, and all of it if it must be repaired."""

    def __init__(self) -> None:
        self._letters = LeakedLetterReader()
        self._bare_harmony = BareHarmonyReader()

    @property
    def is_over(self) -> bool:
        """Whether the rest of the text is what it is."""
        return self._letters.is_over and self._bare_harmony.is_over

    def read_text(self, data: str) -> str:
        """Add a piece. Returns what of the text may be passed on."""
        text = data if self._letters.is_over else self._letters.read_text(data)
        return text if self._bare_harmony.is_over else self._bare_harmony.read_text(text)

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        held = self._letters.flush_text()
        text = self._bare_harmony.read_text(held) if held else ""
        return text + self._bare_harmony.flush_text()
