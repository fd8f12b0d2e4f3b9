"""The letters in which a byte-level tokenizer writes bytes are read as text where all of an answer is made of them."""

import pytest

from .spoken import hear_answer, read_calls

LEAKED = {
    "HelloĠthere!ĠHow?": "Hello there! How?",
    "ĠHelloĠthere": " Hello there",
    "ĠhelloĠworld": " hello world",
    "ĠHello!": " Hello!",
    "Hello!ĊĊIâĢĻmĠhere.Ċ": "Hello!\n\nI’m here.\n",
    "IâĢĻmĠhere": "I’m here",
    "OrderĠORD-123:Ġ5âĤ¬.": "Order ORD-123: 5€.",
    "Hello!ĠðŁĺĬ": "Hello! 😊",
    "GrÃ¼ÃŁeĠausĠKÃ¶ln": "Grüße aus Köln",
    "ÐŁÑĢÐ¸Ð²ÐµÑĤ!ĠÐļÐ°Ðº": "Привет! Как",
    "ä½łå¥½ï¼ĮæĤ¨": "你好，您",  # there are no spaces
    "<think>ĊHm,ĠsheĠisĠangry.Ċ</think>ĊĊHello!": "Hello!",
    "▁It▁left.": " It left.",
    "It▁left▁on▁Monday.": "It left on Monday.",
    "ItĠleft.<|im_end|>": "It left.",
}
AS_WORDS = [
    "Ġorġ",
    "Ġorġ mar Ċirkewwa.",
    "Il-Ġimgħa filgħodu",
    "(Ġunju) u “Ġorġ”",
    "ĦAĠA",
    "Ġ",
    "âge d'or",
    "Größe: L",
    "Čapek řekl: „Ahoj“",
    "łódź",
    "Āboli un ķirši",
    "é" * 250,
    "The letter Ġ stands for a space: HelloĠworld",
    "日本語のĠ",
    "The mark ▁ stands for a space: It▁left",
]


@pytest.mark.parametrize(("said", "heard"), [*LEAKED.items(), *((said, said) for said in AS_WORDS)])
def test_letters_of_a_tokenizer_are_read_and_those_of_a_word_stay(said: str, heard: str):
    for size in (1, 2, 3, len(said)):
        assert hear_answer(said, size) == heard, size


def test_a_call_in_such_letters_is_made():
    said = '<tool_call>Ċ{"name":Ġ"lookup_order",Ġ"arguments":Ġ{"order_id":Ġ"ORD-123"}}Ċ</tool_call>'

    assert read_calls(said, 5) == ("", [("lookup_order", {"order_id": "ORD-123"})])
