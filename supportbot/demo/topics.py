"""What customers write about that only people can settle. To teach the model another topic, add an entry.

`phrase` names the topic within a sentence, with the order in the place of {order}. `reply` is what the customer
reads before a ticket is offered; a topic without one only serves to describe a ticket.
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
    phrase: str
    kind: Literal["problem", "request", "question"]
    priority: Priority
    reply: str = ""

    def is_in(self, words: str) -> bool:
        return re.search(self.pattern, words) is not None


TOPICS = (
    Topic(
        "damaged",
        r"\b(?:damag\w*|broken?|broke|smashed|cracked|scratched|defect\w*|faulty|ripped|torn|"
        r"leak(?:ing|ed|s)|shattered|crushed|(?:does|is|do|did) not work(?:ing)?|not working|"
        r"stopped working)\b",
        "a damaged or faulty item in {order}",
        "problem",
        "high",
        "I'm sorry to hear that something went wrong.",
    ),
    Topic(
        "missing",
        r"\b(?!(?:order|package|parcel|delivery|shipment|it)\b)\w+ (?:is|are|was|were) (?:still )?missing\b|"
        r"\bincomplete\b|\bmissing (?:an? |the )?(?:item|part|piece|one|something)|"
        r"\bonly (?:got|received) (?:one|two|half|part)|"
        r"\b(?:box|package|parcel) (?:was|is|came|arrived) empty\b",
        "a missing item in {order}",
        "problem",
        "high",
        "I'm sorry that something is missing.",
    ),
    Topic(
        "wrong item",
        r"\bwrong (?:item|product|size|colou?r|thing|one|order|article|model|shoes?|shirt|package|parcel)|"
        r"\bnot what i (?:ordered|bought|wanted)|"
        r"\b(?:sent|got|received) (?:me )?(?:the |a |an )?(?:wrong|different|incorrect)\b",
        "a wrong item in {order}",
        "problem",
        "high",
        "I'm sorry that you received the wrong item.",
    ),
    Topic(
        "lost",
        rf"\b{_GOODS} (?:is|was|got|seems|has been|went|must be) (?:\w+ )?(?:lost|stolen|missing)\b|"
        r"\bstolen\b|\blost (?:package|parcel|order)|\b(?:says|marked(?: as)?|shows) delivered but\b",
        "the possible loss of {order}",
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
        r"\b(?:return(?:ing)?|returns|send (?:it|this|them|something|that) back|exchange|swap|replacement|"
        r"replace)\b",
        "a return or an exchange for {order}",
        "request",
        "medium",
        "I can't arrange returns or exchanges myself.",
    ),
    Topic(
        "cancel",
        r"\bcancel(?:ling|ing)?\b(?=.*\b(?:order|orders|purchase|ord|subscription|\d{3,})\b)|"
        r"\bcancel (?:it|this)\b|\border\b.{0,20}\bcancel\b|\bcancellation\b|\bbe cancell?ed\b|"
        r"\bdo not (?:want|need) (?:my|the|this|that) order",
        "the cancellation of {order}",
        "request",
        "high",
        "I can't cancel orders myself.",
    ),
    Topic(
        "address",
        r"\b(?:address|moved house|i moved|i have moved|"
        r"deliver (?:it )?(?:to|somewhere) (?:another|a different|else)|pick ?up point)\b",
        "another delivery address for {order}",
        "request",
        "high",
        "I can't change addresses myself.",
    ),
    Topic(
        "order change",
        r"\b(?:change|modify|edit|amend|add (?:\w+ ){1,3}to)\b.{0,15}\b(?:order|size|colou?r|quantity|ord)\b",
        "a change to {order}",
        "request",
        "high",
        "I can't change orders myself.",
    ),
    Topic(
        "payment",
        r"\b(?:(?<!did i )pay|paying|payments?|paypal|klarna|credit card|debit card|charged?|billing|invoices?|"
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
        "I don't have information about discounts or vouchers.",
    ),
    Topic(
        "warranty",
        r"\b(?:warranty|guarantee|repairs?|repaired)\b",
        "the warranty or a repair",
        "question",
        "medium",
        "I don't have information about warranties or repairs.",
    ),
    Topic(
        "hours",
        r"\b(?:opening (?:hours|times)|business hours|what time do you|when (?:are|do) you (?:open|close)|"
        r"(?:are|is) (?:you|the (?:shop|store)) (?:still )?(?:open|closed)|"
        r"where (?:is|are) your (?:shops?|stores?))\b",
        "opening hours or the shop's address",
        "question",
        "low",
        "I don't have information about opening hours or shop addresses.",
    ),
    Topic(
        "shipping",
        r"\b(?:do|can|will|would) you (?:ship|deliver)\b|"
        r"\bshipping (?:cost|costs|fee|fees|options?|time|times)\b|"
        r"\b(?:international|express|free) (?:shipping|delivery)\b|"
        r"\bhow (?:long|much) (?:is|does) (?:shipping|delivery)\b",
        "shipping terms",
        "question",
        "low",
        "I don't have information about shipping terms.",
    ),
    Topic(
        "product",
        r"\b(?:do you (?:sell|have|stock|carry|offer)|in stock|back in stock|sold out|recommend\w*|"
        r"compatible|how much (?:is|are|does|do) (?:the|a|an|your|this|these)(?! order)|price of|"
        r"which (?:one|size|model) (?:should|is|do)|what (?:sizes?|colou?rs?))\b",
        "a product",
        "question",
        "low",
        "I don't have information about products, prices or stock.",
    ),
    Topic(
        "buying",
        r"\b(?:want|like|need|wish|try\w*|can i|could i|how do i|how can i)\b(?: \w+){0,3} (?:buy|purchase|"
        r"(?:place|make) an? order)\b|"
        r"\b(?:want|like|wish|can i|could i|how do i|how can i)\b(?: to)? order\b",
        "a purchase",
        "request",
        "low",
        "I can't take orders here. Please place your order in the shop.",
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
        r"\b(?:your|a|any|the) (?:phone|telephone|e-?mail|postal)(?: (?:number|address))?\b(?=\W*$)|"
        r"\bhotline\b|\bhow (?:can|do) i (?:contact|reach) (?:you|support|them)\b",
        "a way to reach the team",
        "question",
        "low",
        "I don't have a phone number or address to give you.",
    ),
    Topic(
        "ticket change",
        r"\b(?:close|cancel|change|update|delete|edit|withdraw)\b(?: \w+){0,2} (?:ticket|complaint|tkt)\b",
        "a change to a ticket",
        "request",
        "low",
        "I can't change or close tickets myself, but I can pass that on.",
    ),
    Topic(
        "delay",
        r"\b(?:late|delay(?:s|ed)?|overdue|still waiting|waiting (?:for|since)|"
        r"(?:have|has|did|do) not (?:\w+ ){0,4}?(?:arrived?|received?|come|got|get|been delivered|shown up|turned up)|"
        r"never (?:arrived|came|got|received|showed)|"
        r"not (?:arrived|received|delivered|here|come|been delivered)|too(?:k| long)|so long|forever|"
        r"slow(?: delivery)?|nothing (?:has )?(?:arrived|came|come))\b",
        "the delay of {order}",
        "problem",
        "medium",
    ),
)
