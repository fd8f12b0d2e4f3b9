"""Thoughts that a model writes without any mark, as prose with a heading, before the answer that has one too.

Granite writes “Here is my thought process: … Here is my response: …” (ibm-granite's chat template of 3.2), small models
“Thought: … Final Answer: …” as LangChain's agents taught them, and Open WebUI's API an element of HTML.
"""

import re

from ..text_calls.agent_calls import FINAL_ANSWER

ACTION = re.compile(
    r"(?:\n\s{0,20}|(?<=[ \t]))\*{0,3}(?:action|tool|function)(?:[ _](?:name|call))?\*{0,3}:", re.IGNORECASE
)
NAMES = ("thinking", "thinking process", "thought process", "reasoning")
# By what the answer begins with: what comes before it.
BEGINNINGS = {
    "here is my thought process:": "granite",
    "here's my thought process:": "granite",
    "here’s my thought process:": "granite",
    "thought:": "agent",
    "final answer:": "agent",
    '<details type="reasoning"': "page",
    "thinking...\n": "terminal",  # as Ollama's own program writes it
    **{
        f"{opening}{word}</summary>": "page"
        for opening in ("<details><summary>", "<details>\n<summary>")
        for word in (*NAMES, "thoughts")
    },
    **{f"{opening}thought for ": "page" for opening in ("<details><summary>", "<details>\n<summary>")},
    **{f"{hashes} {name}\n": "heading" for hashes in ("#", "##", "###") for name in NAMES},
    **{f"{name}{colon}": "heading" for colon in ":：" for name in (*NAMES, "思考", "思考过程")},
    **{f"```{word}\n": "fence" for word in ("thinking", "think", "thought", "thoughts", "reasoning")},
}
ANSWERS = {
    "granite": re.compile(r"here(?: is|['’]s) my (?:response|answer|reply):\s*", re.IGNORECASE),
    "agent": FINAL_ANSWER,
    "page": re.compile(r"</details>\s*", re.IGNORECASE),
    "terminal": re.compile(r"\.\.\.done thinking\.\s*", re.IGNORECASE),
    "fence": re.compile(r"\n```[ \t]*\n\s*"),
    "heading": re.compile(
        r"\n[ \t]{0,3}(?:#{1,6}[ \t]{1,3})?\*{0,2}(?:(?:final )?(?:answer|response|reply)|最终(?:答案|回答)|答案|回答)"
        r"(?:\*{0,2}[:：]\*{0,2}\s*|(?<=\w)\*{0,2}[ \t]*\n\s*)",
        re.IGNORECASE,
    ),
}
MAX_BEGINNING_CHARS = max(map(len, BEGINNINGS))
MAX_ANSWER_CHARS = 60  # of what the answer is introduced by


class ProseThoughtReader:
    """Holds the beginning of an answer back as long as it may be a thought in prose.

    A thought that no answer follows is one of the customer's words after all, or leads to a call: it is passed on.
    """

    def __init__(self) -> None:
        self.is_over = False  # the text is what it is
        self.has_thought = False
        # How many characters the thought had that was left out, with what introduced the answer.
        self.answer_place = 0
        self._read_chars = 0
        self._answer = ANSWERS["agent"]
        self._held: list[str] = []
        self._tail = ""  # of what is held, in which the answer may begin
        self._beginning = ""

    def read_text(self, data: str) -> str:
        """Add a piece. Returns what of the text may be passed on."""
        self._held.append(data)
        self._read_chars += len(data)
        if self.has_thought:
            self._tail = self._tail[-MAX_ANSWER_CHARS:] + data
        elif self._find_thought(data):
            self._tail = "".join(self._held)
        else:
            return self.flush_text() if self.is_over else ""
        found = self._answer.search(self._tail)
        if self._has_called_before(found, self._tail):
            return self._pass_on()  # what stands behind the call is made up
        if found is None:
            return ""
        rest = self._tail[found.end() :]
        if not rest:
            return ""
        self._held, self.is_over = [], True
        self._note_answer(found, self._tail)
        return rest

    def flush_text(self) -> str:
        """The text is over, or no thought. Returns what was held back."""
        held = self._pass_on()
        found = self._answer.search(held) if self.has_thought else None
        if found and not self._has_called_before(found, held):
            self._note_answer(found, held)
            return held[found.end() :]
        return held

    def _has_called_before(self, answer: re.Match[str] | None, text: str) -> bool:
        action = ACTION.search(text) if self._answer is FINAL_ANSWER else None
        return action is not None and (answer is None or action.start() < answer.start())

    def _note_answer(self, found: re.Match[str], text: str) -> None:
        """The answer begins behind this match in the last characters that were read."""
        behind = len(text) - found.start() - len(found[0].rstrip())
        self.answer_place = self._read_chars - behind

    def _pass_on(self) -> str:
        held, self._held, self.is_over = "".join(self._held), [], True
        return held

    def _find_thought(self, data: str) -> bool:
        """Whether the text begins with a thought. It `is_over` as soon as it cannot."""
        self._beginning = (self._beginning + data).lstrip()[: MAX_BEGINNING_CHARS * 4]
        words = self._beginning.lower().replace("*", "")
        kind = next((kind for name, kind in BEGINNINGS.items() if words.startswith(name)), "")
        if kind:
            self.has_thought, self._answer = True, ANSWERS[kind]
        else:
            self.is_over = not any(name.startswith(words) for name in BEGINNINGS)
        return self.has_thought
