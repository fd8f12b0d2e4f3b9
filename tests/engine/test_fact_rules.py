"""Which rules look for facts in a sentence: most have none, and to read for some takes long."""

from types import SimpleNamespace

import pytest

from supportbot.assistant import facts


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        (
            "I have looked at your order, and it left our warehouse: it may be at your door in the morning.",
            [],
        ),
        ("It was in the second of the weeks that you asked for, by the end of the month.", []),
        ("It takes two days.", ["span"]),
        ("It is at shop.example.it now.", ["address"]),
        ("It comes on the third of May.", ["date"]),
    ],
)
def test_a_rule_is_tried_only_where_all_that_it_needs_stands_in_the_sentence(monkeypatch, sentence, kinds):
    tried = []

    def note(kind):
        return SimpleNamespace(finditer=lambda _text: tried.append(kind) or iter(()))

    rules = [(kind, *conditions, note(kind), read) for kind, *conditions, _pattern, read in facts._RULES]
    monkeypatch.setattr(facts, "_RULES", rules)

    facts.find_facts(sentence)

    assert tried == kinds
