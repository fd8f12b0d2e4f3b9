"""Patterns for how customers say what they want, over text simplified by `mentions.simplify_text`."""

import re


def _join_patterns(*ways: str) -> str:
    return "|".join(ways)


ABOUT_ME = _join_patterns(
    r"\b(?:are you|you are) (?:\w+ ){0,3}(?:bots?|robots?|humans?|persons?|ai|machine|real|chatgpt|gpt|grok)\b",
    r"\bam i (?:talking|speaking|chatting) (?:to|with)",
    r"\bwho (?:are|made|built) you\b|\bwhat are you\b|\byour name\b|\bis this a (?:bot|real)",
)

CAPABILITIES = _join_patterns(
    r"\bwhat (?:can|do|could) you (?:do|help|know|offer)|\bhow can you help|\bhow does this work",
    r"\bwhat (?:else )?can i (?:ask|do here)|^\W*(?:menu|options|commands)\W*$",
    r"^\W*(?:can you )?(?:please )?help(?: me)?\W*$",
)

_PEOPLE = (
    r"(?:persons?|people|humans?|agents?|representatives?|reps?|operators?|staff|managers?|supervisors?|boss|"
    r"employees?|colleagues?|advisors?|someone|somebody|anyone|anybody|support team|team|real one|"
    r"customer (?:service|support|care))"
)
PERSON = _join_patterns(
    # talk to a real person, get me your manager; not: I want to know if a person …
    r"\b(?:talk|speak|chat|connect|transfer|pass|put|forward|escalate|get|give|want|need|like|prefer|reach|contact|have)\b"
    rf"\W+(?:(?!(?:you|if|order|what|my|ticket|complaint|feedback)\b)\w+\W+){{0,5}}?{_PEOPLE}\b",
    # human please
    rf"^\W*(?:(?:a|an|real|live|actual|the|please|hello|hi)\W+)*{_PEOPLE}\W*(?:please|now|asap)?\W*$",
    rf"\b(?:real|live|actual) {_PEOPLE}\b",
    rf"\b(?:any|a|some) {_PEOPLE} (?:i|we|to|who|that|available)\b",
    r"\b(?:call|phone|ring) me\b|\bcall ?back\b",
    r"\b(?:can|could|(?<!when )will) (?:someone|somebody|anyone) (?!tell)",
)

# Questions about an order, which are answered whatever else is in the message.
STATUS = _join_patterns(
    r"\bwhere (?:is|are|was|my|the) \w+|\bwhere \S+ is\b|\bwhere (?:the )?(?:hell|fuck|heck)\b|^where\W*$",
    r"\bwhat (?:is|about|happened)(?: \w+)? (?:to|with|the status of) \w+|\bhow is (?:my|the) (?:order|delivery)",
    r"\bwhen\b.*\b(?:arriv\w*|deliver\w*|come|coming|get|ship\w*|here|due|expect|receive|sent|be there)\b",
    r"\bwhen\b(?: \w+)?\W*$|\bhow long (?:until|till|will|before|does it)\b",
    r"\b(?:status|eta|whereabouts)\b|\btrack(?:ing)?\b|\bexpected delivery\b|\bdelivery (?:date|day|time)\b",
    # has it shipped, is my order on the way
    r"(?:^|[,.!?;]\s*|\b(?:and|but|so|if|whether|know|hi|hello|hey) )(?:has|have|is|are|did|was|will|when)\b(?: \S+){0,5}? "
    r"(?:ship|shipped|delivered|dispatched|sent|arriv\w+|coming|come|here|late|on (?:its|it is|the) way|cancelled|returned)\b",
    # check my order, any news about the delivery
    r"\b(?:check|look ?up|look for|look at|find|see|show me|tell me about|info\w* (?:on|about)|details (?:of|on|about|for)|"
    r"update (?:on|about|for)|news (?:on|about|of))\b(?: \S+){0,3}? (?:order|package|parcel|delivery|ord)\b",
    r"\bany (?:news|updates?)\b|\border (?:status|update|details|info)|\bwhy (?:was|is|has)\b.*\border\b",
    r"\b(?:what|when) did i (?:order|buy)\b|\bwhat is in (?:it|my order|the order|order)",
    r"\bhow much (?:was|is|did) (?:it|that|the order|my order|i pay|order)\b",
)

# Remarks that ask about an order only where nothing more particular is wanted.
REMARK = _join_patterns(
    r"\bnot (?:yet )?(?:\w+ )?(?:arrived?|received?|here|come|got|get|gotten|been delivered|delivered|shown up|turned up)\b",
    r"\bnever (?:arrived|came|got|received|showed)|\bnothing (?:has )?(?:arrived|came|come)",
    r"\bstill (?:waiting|nothing|no )|\bwaiting (?:for|on|since)\b|\b(?:late|delayed|overdue|lost)\b",
    r"\bmissing (?:package|parcel|order)|\b(?:package|parcel|order|delivery) (?:is|went|has gone) missing",
    r"\b(?:question|help|problem|issue|trouble)\b(?: \w+){0,3} (?:order|package|parcel|delivery)\b",
    r"\bi (?:have )?ordered (?!by accident)|^(?:my )?(?:order|parcel|package)\W*$|\border number\b",
    r"\b(?:says|marked|shows)\b.*\bdelivered\b|\b(?:supposed to|should(?: have)?) (?:be(?:en)? (?:here|deli\w+)|arrive|come)\b",
)

ALL_ORDERS = _join_patterns(
    r"\b(?:my|all|list|recent|past|previous|any)(?: (?:my|the|of|all|recent|last|open|past|previous|other))* orders\b(?! ?(?:#|\d))",
    r"\b(?:last|latest|most recent|newest|recent) (?:order|purchase)\b",
    r"\border (?:history|list)\b|\bwhat have i ordered\b",
)

TICKETS = _join_patterns(
    r"\b(?:happen\w*|status|news|progress|update|where|how is|how about|what about|what is|see|show|list|check|look|any)\b"
    r"(?: \S+){0,6}? (?:tickets?|tkt\S*|complaint|my case)\b",
    r"\b(?:ticket|complaint)\b.*\b(?:status|update|done|ready|solved|resolved|answered|progress|news)",
    r"\bwhat (?:happens|comes) (?:now|next)\b|\bwhen (?:will|do) (?:\w+ ){1,2}(?:answer|reply|hear|get back|respond)",
    r"\bmy tickets\b|\btkt\W?\d+|^\W*(?:my )?(?:ticket|tkt)\b\W*(?:status)?\W*[\d]*\W*$",
)

YES = _join_patterns(
    r"^\W*(?:(?:oh|ok|okay|well|um)\W+)?(?:yes+|yeah|yep|yup|ya|sure|please do|go ahead|do it|do that|of course|absolutely|"
    r"definitely|certainly|sounds good|why not|that would be (?:great|good|nice)|open (?:it|one|a ticket)|correct|right|exactly)\b",
    # These mean yes only when they are all that is said.
    r"^\W*(?:y|k|ok|okay|please|fine|great|good|perfect|alright|all right|i would|👍|✅)"
    r"(?:\W+(?:please|thanks|thank you|then|with me|like that))*\W*$",
    r"^👍",
)

NO_IDEA = _join_patterns(
    r"\b(?:do not|did not|can not|could not|have not) (?:\w+ ){0,2}?(?:know|have|remember|recall|find|get|got)\b",
    r"\bno (?:idea|clue|number)\b|\b(?:lost|forgot|forgotten)\b|\bnot sure\b|\bdunno\b|\bidk\b|\bnot (?:telling|giving)\b",
    r"\bwhere (?:can|do|would) i (?:find|see|get)|\b(?:what|which) (?:order )?number\b",
)

PICTURE = _join_patterns(
    r"https?://|\bwww\.",
    r"\b(?:see|look at|attach\w*|here is|sent|sending|upload\w*|send)\b(?: \S+){0,4} "
    r"(?:photos?|pictures?|images?|screenshots?|attachments?|pics?|videos?|files?)\b",
)

# What the customer says not to want is left out before anything else is looked for.
NOT_WANTED = re.compile(
    _join_patterns(
        r"\b(?:do not|did not|no longer) (?:really )?(?:want|need|wish|like)(?: to)?(?: (?!want|but|bot|need)\w+){0,3}? "
        r"(?:complain\w*|complaint|tickets?|human|person|agent|people|anyone|refund|return)\b",
        r"\bno need (?:to|for)(?: \w+){0,3}|\bnot a complaint\b|\bno (?:ticket|complaint|refund|human)s?\b",
    )
)
