"""The answers of models behind servers that leave their special tokens out, with these put back.

There “analysisWe must look.assistantfinalIt left.” stands for a thought and an answer of gpt-oss
(Augustas11/macprovider#743), `commentary to=functions.lookup_order json{…}` for a call, and “assistant” in a line of
its own is Llama's header, “model” Gemma's and “all” Functionary's. Many write “Assistant:” or “AI:” before an answer.
"""

import re

MARKS = {
    "analysis": "<|channel|>analysis<|message|>",
    "commentary to=": "<|channel|>commentary to=",
    "to=": "<|channel|>commentary to=",
    "assistant to=": "<|channel|>commentary to=",
    "assistantfinal": "<|start|>assistant<|channel|>final<|message|>",
    "assistantcommentary to=": "<|start|>assistant<|channel|>commentary to=",
    "assistantanalysis": "<|start|>assistant<|channel|>analysis<|message|>",
}
SPEAKER = "assistant"
SPEAKERS = (SPEAKER, "model\n", "all\n")
LABELS = tuple(
    f"{name}:"
    for name in ("assistant", "ai", "bot", "chatbot", "assistent", "asistente", "assistente", "助手")
)
# In a list of roles it goes on in small letters: “Assistant: a person who helps.”
SPEAKER_LINE = re.compile(
    rf"\A\s*(?:{SPEAKER}(?=[ \t]*\n|<[|｜])|(?:model|all)(?=\n)"
    rf"|\*{{0,2}}(?i:{'|'.join(label[:-1] for label in LABELS)})\*{{0,2}}[:：]\*{{0,2}}(?=\s{{0,9}}[^\sa-z]))"
)
# No word goes on in capital letters.
BEGUN = re.compile(
    r"\s*(?P<mark>(?:assistant)?(?:analysis|final)(?=[A-Z\"'“(*])"
    r"|(?:assistant)?commentary to=(?=functions\.|\w+ ?(?:json|\{))"
    r"|(?:assistant )?to=(?=(?:functions|multi_tool_use)\.\w+\s{0,3}(?:json|code|[{<])))"
)
UNDECIDED = re.compile(
    r"(?:assistant)?(?:analysis|final|commentary to=\w*(?: ?(?:j(?:so?)?)?)?)?|assistant(?:[ \t]*|<)"
    r"|(?:assistant )?to=(?:\w{1,14}(?:\.\w{0,64}\s{0,3}(?:js?o?|co?d?)?)?)?"
)
NEXT_MARK = re.compile("assistant(?:final|commentary to=|analysis)")
MAX_MARK_CHARS = max(map(len, MARKS))


def _may_be_mark(words: str) -> bool:
    """Whether more must come before anybody knows if a text begins with one of these, or with a label."""
    label = words.replace("*", "").replace("：", ":").rstrip().lower()
    is_label = any(each.startswith(label) for each in LABELS)
    return is_label or any(mark.startswith(words) for mark in (*MARKS, *SPEAKERS))


class BareHarmonyReader:
    """Reads the beginning of an answer, and all of it if it begins as a thought or a call of gpt-oss."""

    def __init__(self) -> None:
        self.is_over = False  # nothing of the kind: the text is what it is
        self._has_begun = False
        self._held = ""

    def read_text(self, data: str) -> str:
        """Add a piece. Returns the text so far with its marks, but for what may be the beginning of one."""
        text, self._held = self._held + data, ""
        if not self._has_begun:
            words = text.lstrip()
            if not words:
                return text
            if UNDECIDED.fullmatch(words) or _may_be_mark(words):
                self._held = text
                return ""
            begun = BEGUN.match(text)
            if begun is None or begun["mark"] not in MARKS:
                self.is_over = True
                return SPEAKER_LINE.sub("<|start|>assistant", text)
            self._has_begun = True
            text = MARKS[begun["mark"]] + text[begun.end() :]
        text = NEXT_MARK.sub(lambda mark: MARKS[mark[0]], text)
        starts = range(max(0, len(text) - MAX_MARK_CHARS), len(text))
        begun_at = next((at for at in starts if any(mark.startswith(text[at:]) for mark in MARKS)), len(text))
        self._held = text[begun_at:]
        return text[:begun_at]

    def flush_text(self) -> str:
        """The text is over. Returns what was held back."""
        held, self._held = self._held, ""
        return held
