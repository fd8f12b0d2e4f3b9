"""The marks that models write into their text for the program that runs them, and that some servers leave there.

Sources: open-webui/open-webui#16973 and ollama/ollama#18044 (`<think>`, also the closing mark alone),
langchain-ai/langchain#33998, irreg/native_tool_call_adapter#3 (a call as text); the chat templates of Qwen, DeepSeek,
Mistral, Llama, Kimi, gpt-oss (harmony), Command, Phi, Gemma, GLM, Seed, MiniMax, LongCat, Apertus, Apriel, Ernie,
Nemotron, Step, Granite, EXAONE, Baichuan, GigaChat, Hunyuan and Ling; NousResearch/hermes-agent#15473 (DeepSeek's marks
in other characters), vllm-project/vllm#35906 (harmony without some of its marks). All are compared in small letters.
"""

import html
import re

from ..text_calls.marks import CALLS, CLAUDES, ESCAPED_CALLS
from .formulas import CLOSINGS as FORMULAS
from .harmony_headers import OPENING_ANSWER_OR_CALL
from .invisible_marks import BYTES, INVISIBLE, measure_invisible_begun
from .role_headings import ROLE_HEADING, is_heading_begun
from .thought_names import ANSWER_CLOSING, CLOSING_AT_END

THOUGHT_NAMES = (
    *("think", "thinking", "thought", "thoughts", "reasoning", "seed:think", "mm:think", "antthinking"),
    *(
        f"{CLAUDES}:thinking",
        "reflection",
        "scratchpad",
        "scratch_pad",
        "thought_process",
        "thinking_process",
    ),
    *("longcat_think", "analysis", "｜think｜", "思考"),
)
THOUGHT_OPENINGS = (
    *(f"<{name}>" for name in THOUGHT_NAMES),
    *("<|inner_prefix|>", "<unused94>thought", "<ctrl94>thought", "<|open|>think<|sep|>", "[think]"),
    *("◁think▷", "<|begin_of_thought|>", "<|start_thinking|>", "<|channel>thought", "<|think|>"),
    *("<|channel|>analysis<|message|>", "<|channel|>commentary<|message|>", "<|begin_of_thinking|>"),
    "<|start|>assistant<|channel|>analysis<|message|>",
    "<|start|>assistant<|channel|>commentary<|message|>",
)
THOUGHT_CLOSINGS = (
    *(f"</{name}>" for name in THOUGHT_NAMES),
    *("<|inner_suffix|>", "<unused95>", "<ctrl95>", "<｜/think｜>", "[begin final response]"),
    *("<|close|>think<|sep|>", "<|begin|>assistant<|content|>", "<|begin|>assistant<|tool_calls|>"),
    *("[/think]", "◁/think▷", "<|end_of_thought|>", "<|end_thinking|>", "<channel|>", "<|/think|>"),
    "<|end_of_thinking|>",
)
TYPED_FINAL = "<|channel|>final <|constrain|>json<|message|>"
HARMONY_CLOSINGS = (
    "<|end|>",
    "<|start|>assistant<|channel|>final<|message|>",
    f"<|start|>assistant{TYPED_FINAL}",
    *("<|channel|>final<|message|>", TYPED_FINAL),
)
# After these the answer is over, whatever the model goes on with.
ENDINGS = (
    *("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>", "<end_of_turn>"),
    *("<|end_of_turn|>", "<|return|>", "<|end|>", "<｜end▁of▁sentence｜>", "<|end_of_sentence|>", "<turn|>"),
    *("<|eos|>", "<|end_of_turn_token|>", "<|im_sep|>", "<|eos_token|>", "<|endofresponse|>"),
    *("<[end▁of▁sentence]>", "<|endofturn|>", "[|endofturn|]", "<|eot|>", "<|eom|>", "<｜hy_eos｜>"),
    *("<seed:eos>", "<end_of_sentence>", "<|message_sep|>", "<|separator|>", "[e~["),
    "<|close|>message<|sep|>",
)
# Here somebody else's turn begins, or what a tool is to answer: the model makes it up. `turn_headers` knows the rest.
TURNS_OF_OTHERS = (
    *("<|user|>", "<|observation|>", "<|im_start|>user", "<|start_header_id|>user", "<start_of_turn>user"),
    *("<role>human</role>", "<role>user</role>", "<role>observation</role>", "<reserved_106>", "]~b]user"),
    *("]~b]tool", "<beginning_of_sentence>user", "<seed:bos>user", "<｜tool▁outputs▁begin｜>"),
    *(
        "<｜tool▁output▁begin｜>",
        "[inst]",
        "<<sys>>",
        "[available_tools]",
        "[system_prompt]",
        "[tool_results]",
    ),
    *("<|start_tool_results|>", "<|begin|>user<|content|>"),
)
# The beginning of a mark at the end of an answer, which was cut there.
CUT_MARK = re.compile(r"<[|｜][a-z_▁]{2,40}[|｜]?$", re.IGNORECASE)
# These may be words elsewhere, so they end an answer only where its line ends too.
SOFT_ENDINGS = ("</s>", "<eos>", "[/inst]")
OPENING_STRIKE, CLOSING_STRIKE = "<s>", "</s>"  # also HTML for what no longer counts, such as a price
# Left out; the text goes on.
SKIPPED = (
    *("<|im_start|>assistant", "<|start_header_id|>assistant<|end_header_id|>", "<|assistant|>"),
    *("<|start|>assistant", "<|channel|>final<|message|>", TYPED_FINAL, "<|begin_of_text|>"),
    *("<|startoftext|>", "<|begin_of_solution|>", "<|end_of_solution|>", "<|start_response|>"),
    *("<|end_response|>", "<｜begin▁of▁sentence｜>", "<|im_start|>", "<start_of_turn>model"),
    *("<|begin_of_box|>", "<|end_of_box|>", "</tool_call>", "<|/tool_call|>", "</tool_calls>", "<answer>"),
    *("</answer>", "<response>", "</response>", "[end final response]", "<final_answer>", "</final_answer>"),
    *("<｜assistant｜>", "<s>", "<bos>", "<bos_token>", "<pad>", "<unk>", "[gmask]", "<sop>", "<eop>"),
    *("<role>assistant</role>", "<reserved_107>", "<seed:bos>", "<beginning_of_sentence>ai name=assistant"),
    *("]~!b[", "]~b]ai", ">>>all\n", "<|recipient|>all\n<|content|>", "<</sys>>", "<think/>", "</assistant>"),
    *("<|open|>response<|sep|>", "<|close|>response<|sep|>", "<|close|>tools<|sep|>"),
    "<|open|>message<|sep|>",
)
# As `text_calls.marks` has those of calls.
ESCAPED = {
    **ESCAPED_CALLS,
    **{html.escape(mark): mark for mark in (*THOUGHT_CLOSINGS, *ENDINGS) if mark[0] == "<"},
}

ALL_MARKS = tuple(
    sorted(
        {
            *(*THOUGHT_OPENINGS, *THOUGHT_CLOSINGS, *HARMONY_CLOSINGS, *SKIPPED, *CALLS, *ESCAPED),
            *(*ENDINGS, *TURNS_OF_OTHERS, *SOFT_ENDINGS, *FORMULAS),
        },
        key=len,
        reverse=True,
    )
)
# Marks of these stand at the beginning of a line alone: elsewhere nearly all such characters are an answer's own.
FIRST_CHARS_OF_LINE_MARKS = "#>]$"
FIRST_CHARS = frozenset({*(mark[0] for mark in ALL_MARKS), "【", "\ue200", "#"})
FIRST_CHARS_IN_LINES = FIRST_CHARS - set(FIRST_CHARS_OF_LINE_MARKS)
MAX_MARK_CHARS = len(ALL_MARKS[0])
BEGINNINGS_OF_MARKS = frozenset(mark[:end] for mark in ALL_MARKS for end in range(1, len(mark)))
# Marks have this form in most models. One that is not listed is left out too.
SPECIAL = (
    r"(?:<[|｜][\w▁/:.-]{1,40}[|｜]>|\[\|[\w/:.-]{1,40}\|\]|<\|[a-z][\w:-]{0,40}>|<[a-z][\w:-]{0,40}\|>"
    r"|<(?:special|extra_id|reserved)_\d{1,4}>)"
)
SPECIAL_BEGUN = re.compile(
    r"(?:<(?:[|｜](?:[\w▁/:.-]{0,40}[|｜]?)?|/?[a-z][\w:-]{0,40}\|?|/)?|\[(?:\|(?:[\w/:.-]{0,40}\|?)?)?)$",
    re.IGNORECASE,
)
# Besides the marks: what begins and ends code in Markdown, and the ends of lines.
FIRST_LETTERS = f"{re.escape(''.join(FIRST_CHARS))}`~\\n"
FORMS = (ANSWER_CLOSING, f"(?s:{INVISIBLE})", BYTES, SPECIAL, ROLE_HEADING, r"`+", r"~{3,}", r"\n")
TOKENS = re.compile(
    f"(?=[{FIRST_LETTERS}])(?:{'|'.join([*map(re.escape, ALL_MARKS), *FORMS])})", re.IGNORECASE
)
PLAIN = re.compile(f"[^{FIRST_LETTERS}]*")
BOUNDS_OF_THOUGHT = re.compile(
    "|".join(map(re.escape, [*THOUGHT_OPENINGS, *THOUGHT_CLOSINGS])), re.IGNORECASE
)
ENDS_OF_HARMONY = re.compile(
    "|".join([f"(?P<header>{OPENING_ANSWER_OR_CALL})", *map(re.escape, ["<|end|>", *THOUGHT_CLOSINGS])]),
    re.IGNORECASE,
)


def find_last_call(thought: str) -> str:
    """The call with which a thought ends; empty if it ends otherwise. Models stop there to wait for its result."""
    text = thought.rstrip()
    closing_mark = next((each for each in THOUGHT_CLOSINGS if text.lower().endswith(each)), "")
    text = CLOSING_AT_END.sub("", text.removesuffix(text[len(text) - len(closing_mark) :])).rstrip()
    small = text.lower()
    mark = max(CALLS, key=small.rfind)
    start = small.rfind(mark)
    closing = small.rfind(CALLS[mark] or "\n\n", start) if start >= 0 else -1
    is_last = closing < 0 or closing + len(CALLS[mark]) == len(text)
    return text[start : closing if closing >= 0 else None] if start >= 0 and is_last else ""


def measure_partial_mark(text: str, *, is_in_line: bool) -> int:
    """How many characters at the end of a text may be the beginning of a mark, or of a run of backticks or tildes.

    `is_in_line` says that something stands before the text in its first line.
    """
    tail = text[-MAX_MARK_CHARS:]
    begun = next(
        (
            start
            for start, char in enumerate(tail)
            if char in FIRST_CHARS_IN_LINES and tail[start:].lower() in BEGINNINGS_OF_MARKS
        ),
        len(tail),
    )
    special = SPECIAL_BEGUN.search(tail)
    lengths = (
        len(tail) - begun,
        len(tail) - special.start() if special else 0,
        measure_invisible_begun(text),
        _measure_begun_line(text, is_in_line=is_in_line),
    )
    return max(lengths) or len(text) - len(text.rstrip("`"))


def _measure_begun_line(text: str, *, is_in_line: bool) -> int:
    """The same of what counts at the beginning of a line alone."""
    _before, newline, line = text.rpartition("\n")
    words = line.lstrip(" \t")
    if not words or (is_in_line and not newline):
        return 0
    may_be_mark = words.lower() in BEGINNINGS_OF_MARKS or not words.strip("~") or is_heading_begun(words)
    return len(words) if may_be_mark else 0
