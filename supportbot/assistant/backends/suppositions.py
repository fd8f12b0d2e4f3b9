"""Whether the words before a call say that it is not meant yet: “If you agree, I'd send this:”, or “For example:”.

Only the last sentence before it counts, and a call that stands in a mark of its own is always meant.
"""

import re

MAX_SENTENCE_CHARS = 300  # of a longer one only the end is looked at
SENTENCE_END = re.compile(r"[.!?…](?=\s)|[。！？](?!$)")
# What hangs on the customer's answer. That the team writes “if they need more” or “as soon as possible” is none of it.
SUPPOSITIONS = (
    r"if (?:you|i|so|it|this|that|all|everything)|unless (?:you|i)|(?:when|once|until|as soon as) (?:you|i)",
    r"(?:i|we|one|it|this|that) would|(?:i|we)['’]d|(?:i|we|you|one) (?:could|might)|should you|suppose|assuming",
    r"for (?:example|instance)|e\.g\.|such as|one (?:writes|calls|says|types)|looks? like",
    r"(?:wenn|sobald|falls) (?:sie|du|ich|es|das|ja)|angenommen|ich (?:würde|könnte)|würde ich|zum beispiel|z\.\s?b\.",
    r"(?:si|dès que|quand) (?:vous|tu|oui)|je pourrais|par exemple",
    r"(?:si|cuando) (?:usted|quieres?|lo|est[áa]s?)|podría|por ejemplo",
    r"(?:se|quando) (?:vuole|vuoi|lei|desidera)|potrei|ad esempio",
    r"(?:als|wanneer|zodra) (?:u|je|het|dat)|ik zou|zou ik|bijvoorbeeld",
    r"(?:se|quando|assim que) (?:você|quiser)|poderia|por exemplo",
)
SUPPOSITION = re.compile(
    rf"[?？]$|\b(?:{'|'.join(SUPPOSITIONS)})(?!\w)|如果|若您|例如|比如|もし|例えば|만약|예를 들어",
    re.IGNORECASE,
)
# An offer of further help, on which nothing hangs.
FURTHER = re.compile(
    r"\b(?:else|further|any (?:more|other)|weitere?n?|sonst|noch (?:etwas|fragen)|autre chose|d['’]autres|algo más|"
    r"más preguntas|altro|altre domande|verder|andere vragen|mais alguma)\b",
    re.IGNORECASE,
)


def is_behind_supposition(before: str) -> bool:
    """Whether the last sentence before a call is a question, a condition or an example."""
    text = before.rstrip()
    ends = [end.end() for end in SENTENCE_END.finditer(text)]
    sentence = text[ends[-1] if ends else 0 :]
    return SUPPOSITION.search(sentence) is not None and FURTHER.search(sentence) is None
