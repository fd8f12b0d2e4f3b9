"""What the chunks of an answer have in common: nearly all differ from the one before by their words alone.

Those words are read without decoding the JSON around them, which takes several times as long.
"""

CONTENT = b'"content":'


class ChunkPattern:
    """What stands before and behind the words of a chunk that holds nothing else. Nothing fits an empty one."""

    def __init__(self) -> None:
        self._before = self._after = b""

    def learn_from(self, data: bytes, words: str) -> None:
        """Take the pattern from a chunk with these words, unless their place in it is in doubt."""
        _head, _name, rest = data.partition(CONTENT)
        value = rest.lstrip(b" ")
        quoted = b'"%b"' % words.encode(errors="surrogatepass")  # which may be half a character
        if value.startswith(quoted) and CONTENT not in value:
            self._before, self._after = data[: len(data) - len(value) + 1], value[len(quoted) - 1 :]

    def read_words(self, data: bytes) -> str:
        """The words of a chunk, empty if it differs from the pattern by more, or if they are escaped or no UTF-8."""
        if not (self._before and data.startswith(self._before) and data.endswith(self._after)):
            return ""
        words = data[len(self._before) : len(data) - len(self._after)]
        if b'"' in words or b"\\" in words:
            return ""
        try:
            return words.decode(errors="surrogatepass")  # as json does
        except UnicodeDecodeError:
            return ""
