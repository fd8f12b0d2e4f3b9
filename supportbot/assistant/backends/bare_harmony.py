"""The answers of gpt-oss behind servers that leave its special tokens out, with these put back.

There “analysisWe must look.assistantfinalIt left.” stands for a thought and an answer (Augustas11/macprovider#743).
"""

import re

BEGUN = "analysis"
THOUGHT = re.compile(rf"\s*{BEGUN}(?=[A-Z\"'“(*])")  # no word goes on in capital letters
MARKS = {
    BEGUN: "<|channel|>analysis<|message|>",
    "assistantfinal": "<|start|>assistant<|channel|>final<|message|>",
    "assistantcommentary to=": "<|start|>assistant<|channel|>commentary to=",
    "assistantanalysis": "<|start|>assistant<|channel|>analysis<|message|>",
}
NEXT_MARK = re.compile("assistant(?:final|commentary to=|analysis)")
MAX_MARK_CHARS = max(map(len, MARKS))


class BareHarmonyReader:
    """Reads the beginning of an answer, and all of it if it is a thought of gpt-oss."""

    def __init__(self) -> None:
        self.is_over = False  # nothing of the kind: the text is what it is
        self._has_thought = False
        self._held = ""

    def read_text(self, data: str) -> str:
        """Add a piece. Returns the text so far with its marks, but for what may be the beginning of one."""
        text, self._held = self._held + data, ""
        if not self._has_thought:
            words = text.lstrip()
            if not words:
                return text
            if len(words) <= len(BEGUN) and BEGUN.startswith(words):
                self._held = text
                return ""
            thought = THOUGHT.match(text)
            if thought is None:
                self.is_over = True
                return text
            self._has_thought = True
            text = MARKS[BEGUN] + text[thought.end() :]
        text = NEXT_MARK.sub(lambda mark: MARKS[mark[0]], text)
        starts = range(max(0, len(text) - MAX_MARK_CHARS), len(text))
        begun = next((at for at in starts if any(mark.startswith(text[at:]) for mark in MARKS)), len(text))
        self._held = text[begun:]
        return text[:begun]

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        held, self._held = self._held, ""
        return held
