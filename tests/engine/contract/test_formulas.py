"""Sums that Grok, GPT and others write in LaTeX, which no page draws: in plain text, and only where they are sums."""

import json

import pytest

from .spoken import hear_answer, read_calls

SUMS = {
    r"Das macht \(3 \times 9{,}90\,€ = 29{,}70\,€\).": "Das macht 3 × 9,90\xa0€ = 29,70\xa0€.",
    "So:\n\n\\[\n3 \\times \\$9.90 = \\$29.70\n\\]\n\nShall I?": "So:\n\n3 × $9.90 = $29.70\n\nShall I?",
    "$$\n2 \\cdot 19.99 + 4.90 = 44.88\n$$": "2 · 19.99 + 4.90 = 44.88",
    r"\[\text{Total} = \mathbf{44{,}88\,\text{€}}\]": "Total = 44,88\xa0€",
    r"- \(\frac{29.70}{3} = 9.90\)": "- 29.70/3 = 9.90",
    r"\(\frac{19.80 + 9.90}{3}\) each": "(19.80 + 9.90)/3 each",
    r"You get \(20\%\) off: \(\boxed{\$7.92}\)": "You get 20% off: $7.92",
    r"Wash it at \(30^\circ\text{C}\), it has \(2\,\text{m}^2\).": "Wash it at 30°C, it has 2\xa0m².",
    r"\(3 \times 9 < 30\)": "3 × 9 < 30",
    r"\(2 + 3 = 5\) parcels, \(10 \text{ cm} \times 20 \text{ cm}\)": "2 + 3 = 5 parcels, 10 cm × 20 cm",
}
NO_SUMS = [
    "It costs $5, two cost $10. Prices: $$ is cheap, $$$ = is not.",
    r"It is \(optional\), \[1\] and \(+49\) (030) too. \(20\% off\)",
    r"Write `\(3 \times 9\)` or `$$3 \times 9$$`.",
    "```\n\\(3 \\times 9\\)\n```",
    r"\(x_1 \times x_2\) and \(\sum 3\)",
    r"\(3 \times 9",
    "\\(3 \\times\n\n9\\)",
    r"C:\[new] and $",
    "Hotels of $$ (2 + 1 nights) and of $$ are near.",
    "Its id is $$; 3 + 4 $$",
]
HEARD = {**SUMS, **{said: said for said in NO_SUMS}, r"$$3 \times 9<think>Hm.</think>$$": r"$$3 \times 9 $$"}


@pytest.mark.parametrize(("said", "heard"), HEARD.items(), ids=range(len(HEARD)))
def test_a_sum_in_latex_is_read_as_plain_text_in_pieces_of_any_size(said: str, heard: str):
    for size in (1, 4, 7, len(said)):
        assert hear_answer(said, size) == heard, size


def test_a_call_that_is_written_as_text_is_taken_word_for_word_though_it_tells_of_a_sum():
    arguments = {"subject": "An offer", "summary": r"It says $$2 + 1$$ and \(2 \times 3\)."}
    said = json.dumps({"name": "create_ticket", "arguments": arguments})

    for size in (1, 7, len(said)):
        assert read_calls(said, size) == ("", [("create_ticket", arguments)])
