"""The letters in which a byte-level tokenizer writes bytes, put back into text: `HelloĠthere` and `IâĢĻm`.

GPT-2's tokenizer and those after it have a letter for each byte: Ġ for a space, Ċ for the end of a line, and two or
more for every character that is not ASCII. Some servers leave them in all of an answer. Maltese has Ġ and Ċ in earnest.
"""

import codecs
import re

PRINTED = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))  # these bytes are their own letters
OTHERS = [byte for byte in range(0x100) if byte not in PRINTED]
BYTES = {
    **{chr(byte): bytes([byte]) for byte in PRINTED},
    **{chr(0x100 + place): bytes([byte]) for place, byte in enumerate(OTHERS)},
}
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
FURTHER = "[Ģ-Ń¡-¬®-¿]"  # the second byte of a character, and those after it
CHARACTER = rf"(?:[Â-ß]{FURTHER}|[à-ï]{FURTHER}{{2}}|[ð-ô]{FURTHER}{{3}})"
# What such a text is from its beginning, also where a character is not whole yet. A space, of all, is none of it.
LETTERS = re.compile(rf"(?:[!-~Ā-ġ]+|{CHARACTER})*(?:(?:[Â-ß]|[à-ï]{FURTHER}?|[ð-ô]{FURTHER}{{0,2}})$)?")
# No word has these letters behind small ones, or before two of which only the second is small, or is made like that.
LEAKED = re.compile(rf"(?<=[a-z0-9.,!?:;)%¡-¿])[ĠĊ]|[ĠĊ](?=[A-Z][a-z])|{CHARACTER}{{3}}")
MAX_HELD_CHARS = 200
SPACE_MARK = "▁"
LEAKED_SPACE = re.compile(
    rf"\A[^\s<|｜\[{SPACE_MARK}]*{SPACE_MARK}"
)  # before any space, and in no mark of a model


class LeakedLetterReader:
    """Holds back what may be such letters until a space says that they are none, or Ġ in its place that they are."""

    def __init__(self) -> None:
        self.is_over = False  # the text is what it is
        self._is_leaked = False
        self._held = ""
        self._last = ""  # the character before it
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read_text(self, data: str) -> str:
        """Add a piece. Returns what of the text may be passed on, decoded if it must be."""
        if self._is_leaked:
            return self._decode(data)
        self._held += data
        possible = LETTERS.match(self._held)
        letters = possible[0] if possible else ""
        if LEAKED.search(self._last + letters):
            self._is_leaked = True
            return self._decode(self._held)
        self.is_over = len(letters) < len(self._held) or len(self._held) > MAX_HELD_CHARS
        letter = None if self.is_over else NOT_ASCII.search(self._held)
        end = letter.start() if letter else len(self._held)
        text, self._held = self._held[:end], self._held[end:]
        self._last = text[-1:] or self._last
        return text

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        return self._decoder.decode(b"", final=True) if self._is_leaked else self._held

    def _decode(self, text: str) -> str:
        return self._decoder.decode(b"".join(BYTES.get(letter) or letter.encode() for letter in text))


class LeakedSpaceReader:
    """Puts spaces back where a server has left SentencePiece's mark for them: `▁It▁left`."""

    def __init__(self) -> None:
        self.is_over = False  # the text is what it is
        self._is_leaked = False
        self._before = ""

    def read_text(self, data: str) -> str:
        """Add a piece. Returns the text with its spaces. One that has a space itself needs none."""
        self._is_leaked = self._is_leaked or LEAKED_SPACE.match(self._before + data) is not None
        if self._is_leaked:
            return data.replace(SPACE_MARK, " ")
        self._before += data
        self.is_over = " " in data or len(self._before) > MAX_HELD_CHARS
        return data

    def flush_text(self) -> str:
        """The text is over. Nothing was held back."""
        return ""
