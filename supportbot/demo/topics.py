"""What customers write about that only people can settle: one entry is all it takes to teach the model "
"another.

`about` names the matter within a sentence, with the order in the place of {order}. `reply` is what the customer
hears before a ticket is offered; where there is none, the topic only serves to word a ticket.
"""

import re
from dataclasses import dataclass
from typing import Literal

Priority = Literal["low", "medium", "high"]

_GOODS = r"(?:it|order|package|parcel|box|delivery|shipment|item|items|stuff|things?|product|products|goods)"


@dataclass(frozen=True)
class Topic:
    name: str
    pattern: str
    about: str
    kind: Literal["problem", "request", "question"]
    priority: Priority
    reply: str = ""

    def is_in(self, words: str) -> bool:
        return re.search(self.pattern, words) is not None


TOPICS = (
    Topic(
        "damaged",
        r"\b(?:damag\w*|broken?|broke|smashed|cracked|scratched|defect\w*|faulty|ripped|torn|leak(?:ing|"
        r"ed|s)|shattered|crushed|(?:does|is|do|did) not work(?:ing)?|not working|stopped working)\b",
        "a damaged or faulty item in {order}",
        "problem",
        "high",
        "I'm sorry to hear that something isn't as it should be.",
    ),
    Topic(
        "missing",
        r"\b(?!(?:order|package|parcel|delivery|shipment|it)\b)\w+ (?:is|are|was|were) (?:still )?missing\b|\bincomplete\b|"
        r"\bmissing (?:an? |the )?(?:item|part|piece|one|something)|\bonly (?:got|received) (?:one|two|half|part)|"
        r"\b(?:box|package|parcel) (?:was|is|came|arrived) empty\b",
        "a missing item in {order}",
        "problem",
        "high",
        "I'm sorry that something is missing.",
    ),
    Topic(
        "wrong item",
        r"\bwrong (?:item|product|size|colou?r|thing|one|order|article|model|shoes?|shirt|package|parcel)|"
        r"\bnot what i (?:ordered|bought|wanted)|\b(?:sent|got|received) (?:me )?(?:the |a |"
        r"an )?(?:wrong|different|incorrect)\b",
        "a wrong item in {order}",
        "problem",
        "high",
        "I'm sorry that you got something else than you ordered.",
    ),
    Topic(
        "lost",
        rf"\b{_GOODS} (?:is|was|got|seems|has been|went|must be) (?:\w+ )?(?:lost|stolen|missing)\b|"
        rf"\bstolen\b|"
        r"\blost (?:package|parcel|order)|\b(?:says|marked(?: as)?|shows) delivered but\b",
        "{order} that may be lost",
        "problem",
        "high",
    ),
    Topic(
        "charged wrongly",
        r"\b(?:charged|billed|paid|debited) (?:me |my card )?(?:twice|double|two times|too much|wrong)|"
        r"\bdouble[- ]charged|\bovercharged\b|\bdouble charge|\bfraud",
        "a wrong charge for {order}",
        "problem",
        "high",
        "I'm sorry about that. I can't see or change payments myself.",
    ),
    Topic(
        "refund",
        r"\b(?:refund\w*|money back|reimburse\w*|chargeback)\b",
        "a refund for {order}",
        "request",
        "high",
        "I can't make or check refunds myself.",
    ),
    Topic(
        "return",
        r"\b(?:return(?:ing)?|returns|send (?:it|this|them|something|that) back|exchange|swap|"
        r"replacement|replace)\b",
        "a return or an exchange for {order}",
        "request",
        "medium",
        "I can't arrange returns or exchanges myself.",
    ),
    Topic(
        "cancel",
        r"\bcancel(?:ling|ing)?\b(?=.*\b(?:order|orders|purchase|ord|subscription|\d{3,})\b)|"
        r"\bcancel (?:it|this)\b|\border\b.{0,20}\bcancel\b|\bcancellation\b|\bbe cancell?ed\b|\bdo not (?:want|"
        r"need) (?:my|the|this|that) order",
        "the cancellation of {order}",
        "request",
        "high",
        "I can't cancel orders myself.",
    ),
    Topic(
        "address",
        r"\b(?:address|moved house|i moved|i have moved|deliver (?:it )?(?:to|somewhere) (?:another|"
        r"a different|else)|pick ?up point)\b",
        "another delivery address for {order}",
        "request",
        "high",
        "I can't change addresses myself.",
    ),
    Topic(
        "order change",
        r"\b(?:change|modify|edit|amend|add (?:\w+ ){1,3}to)\b.{0,15}\b(?:order|size|colou?r|quantity|"
        r"ord)\b",
        "a change of {order}",
        "request",
        "high",
        "I can't change orders myself.",
    ),
    Topic(
        "payment",
        r"\b(?:pay|paying|payments?|paypal|klarna|credit card|debit card|charged?|billing|invoices?|"
        r"receipts?|instal?lments?)\b",
        "a payment or an invoice",
        "question",
        "medium",
        "I can't see payments or invoices.",
    ),
    Topic(
        "discount",
        r"\b(?:discounts?|coupons?|vouchers?|promo\w*|gift ?cards?|student price|black friday)\b",
        "a discount or a voucher",
        "question",
        "low",
        "I know nothing about discounts and vouchers.",
    ),
    Topic(
        "warranty",
        r"\b(?:warranty|guarantee|repairs?|repaired)\b",
        "the warranty or a repair",
        "question",
        "medium",
        "I know nothing about warranties and repairs.",
    ),
    Topic(
        "hours",
        r"\b(?:opening (?:hours|times)|business hours|what time do you|when (?:are|do) you (?:open|close)|"
        r"(?:are|is) (?:you|the (?:shop|store)) (?:still )?(?:open|closed)|where (?:is|"
        r"are) your (?:shops?|stores?))\b",
        "opening hours or the shop's address",
        "question",
        "low",
        "I don't know opening hours or shop addresses.",
    ),
    Topic(
        "shipping",
        r"\b(?:do|can|will|would) you (?:ship|deliver)\b|\bshipping (?:cost|costs|fee|fees|options?|"
        r"time|times)\b|\b(?:international|express|free) (?:shipping|delivery)\b|\bhow (?:long|"
        r"much) (?:is|does) (?:shipping|delivery)\b",
        "shipping terms",
        "question",
        "low",
        "I don't know the shipping terms.",
    ),
    Topic(
        "product",
        r"\b(?:do you (?:sell|have|stock|carry|offer)|in stock|back in stock|sold out|recommend\w*|"
        r"compatible|how much (?:is|are|does|do) (?:the|a|an|your|this|these)(?! order)|price of|"
        r"which (?:one|size|model) (?:should|is|do)|what (?:sizes?|colou?rs?))\b",
        "a product",
        "question",
        "low",
        "I don't know the products, their prices or the stock.",
    ),
    Topic(
        "buying",
        r"\b(?:want|like|need|wish|try\w*|can i|could i|how do i|how can i)\b(?: \w+){0,3} (?:buy|"
        r"purchase|(?:place|make) an? order)\b|\b(?:want|like|wish|can i|could i|how do i|"
        r"how can i)\b(?: to)? order\b",
        "a purchase",
        "request",
        "low",
        "I can't take orders here: please use the shop for that.",
    ),
    Topic(
        "account",
        r"\b(?:password|log ?in|sign ?in|my account|log ?out|newsletter|unsubscribe|delete my|gdpr|"
        r"personal data|my data|2fa)\b",
        "the customer's account or data",
        "request",
        "medium",
        "I can't see or change accounts.",
    ),
    Topic(
        "contact",
        r"\b(?:your|a|any|the) (?:phone|telephone|e-?mail|postal)(?: (?:number|address))?\b(?=\W*$)|\bhotline\b|"
        r"\bhow (?:can|do) i (?:contact|reach) (?:you|support|them)\b",
        "a way to reach the team",
        "question",
        "low",
        "I have no phone number or address to give.",
    ),
    Topic(
        "ticket change",
        r"\b(?:close|cancel|change|update|delete|edit|withdraw)\b(?: \w+){0,2} (?:ticket|complaint|tkt)\b",
        "a change of a ticket",
        "request",
        "low",
        "I can't change or close tickets myself, but I can pass that on.",
    ),
    Topic(
        "delay",
        r"\b(?:late|delay(?:s|ed)?|overdue|still waiting|waiting (?:for|since)|(?:have|has|did|"
        r"do) not (?:\w+ ){0,4}?(?:arrived?|received?|come|got|get|been delivered|shown up|turned up)|"
        r"never (?:arrived|came|got|received|showed)|not (?:arrived|received|delivered|here|come|"
        r"been delivered)|too(?:k| long)|so long|forever|slow(?: delivery)?|nothing (?:has )?(?:arrived|"
        r"came|come))\b",
        "the delay of {order}",
        "problem",
        "medium",
    ),
)
