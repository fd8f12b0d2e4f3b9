"""Whether the words before a call say that it is not meant yet: “Shall I send this?”, “If you agree, I'd send this:”.

Only the last sentence before it counts, and only where it asks, or speaks of the customer's consent, of what one would
do, or of an example. Whatever else it says, the call is meant; and one that stands in a mark of its own always is.
"""

import re

MAX_SENTENCE_CHARS = 300  # of a longer one only the end is looked at
# Also at the end of a paragraph or of an item of a list, and before what closes bold print or a quotation.
SENTENCE_END = re.compile(r"(?<!\b\w)[.!?…][\"'”’»)\]*_]*(?=\s)|[。！？](?!$)|\n\s*(?:\n|(?=[-*#•]|\d+[.)]))")
# Marks, quotation marks, rules and emoji behind the last word.
DECORATION = re.compile(r"[^\w?？]+$")
SUPPOSITIONS = (
    r"if you(?:['’]re| are)? (?:agree|confirm|approve|consent|okay|ok|happy|fine)",
    r"if you(?: would|['’]d)? (?:like|want|wish|prefer)(?=\s*(?:[,:;]|$)|\s(?:me|us|this|that|it|so)\b)",
    r"if (?:(?:this|that|it)(?:['’]s| is) (?:okay|ok|fine|right|correct|alright)|so)",
    r"(?:once|when|unless) you (?:agree|confirm)",
    r"(?<!that )(?:i|we)(?: would|['’]d)(?! (?:be|like|love|rather|have|need)\b)|please confirm",
    r"for example|for instance|e\.g\.|an example|one (?:writes|calls|says|types)",
    r"(?:wenn|falls|sobald) (?:sie|du) (?:(?:damit )?einverstanden|möchten|möchtest|wollen|willst|wünschen|zustimmen|"
    r"zustimmst|bestätigen|bestätigst)|ich würde(?! mich\b)|würde ich|zum beispiel|ein beispiel|bitte bestätigen",
    r"si (?:vous (?:voulez|souhaitez|êtes d['’]accord|confirmez|acceptez)|tu veux|cela vous convient)|par exemple",
    r"si (?:(?:usted )?(?:quiere|desea|confirma|acepta|está de acuerdo)|(?:le|te) parece bien|quieres)|por ejemplo",
    r"se (?:vuole|vuoi|desidera|conferma|accetta|è d['’]accordo)|ad esempio|per esempio",
    r"(?:als|indien) (?:u|je) (?:wilt|wil|akkoord|bevestigt|het goed vindt)|ik zou|zou ik|bijvoorbeeld",
    r"se (?:(?:você )?(?:quiser|concordar|desejar|confirmar)|estiver de acordo)|por exemplo",
)
SUPPOSITION = re.compile(
    rf"[?？]$|\b(?:{'|'.join(SUPPOSITIONS)})(?!\w)|"
    r"^\W*(?:example|beispiel|exemple|ejemplo|esempio|voorbeeld|exemplo)$|"
    r"如果您|若您|例如|请确认|示例|よろしければ|例えば|예를 들어",
    re.IGNORECASE,
)
# An offer of something else, on which nothing hangs.
OFFER = re.compile(
    r"\b(?:if|wenn|falls|si|se|als)\b[^,;:]*?\b(?:else|further|other|weitere?n?|sonst|autre|d['’]autres|más|otra|altro|"
    r"altre|verder|andere|mais|outra)\b[^,;:]*",
    re.IGNORECASE,
)


def is_behind_supposition(before: str) -> bool:
    """Whether the last sentence before a call asks, or says that the call is not meant yet."""
    text = DECORATION.sub("", before[-MAX_SENTENCE_CHARS:])
    ends = [end.end() for end in SENTENCE_END.finditer(text)]
    return SUPPOSITION.search(OFFER.sub("", text[ends[-1] if ends else 0 :])) is not None
