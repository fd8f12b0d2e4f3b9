"""What stands between two marks of a text.

It is found by a search for each of them: one pattern for both would look for the second mark once for every first one,
and a model can be led to write thousands.
"""

import re


def split_spans(
    text: str, begins: re.Pattern[str], ends: re.Pattern[str]
) -> tuple[list[tuple[re.Match[str], str]], str]:
    """Each place where something begins, with what stands from there up to its end; and what stands outside."""
    spans, outside, position = [], [], 0
    while (begun := begins.search(text, position)) and (ended := ends.search(text, begun.end())):
        spans.append((begun, text[begun.end() : ended.start()]))
        outside.append(text[position : begun.start()])
        position = ended.end()
    return spans, "".join([*outside, text[position:]])
