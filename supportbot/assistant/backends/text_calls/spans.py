"""What stands between two marks of a text.

It is found by a search for each of them: one pattern for both would look for the second mark once for every first one,
and a model can be led to write thousands.
"""

import re
from collections.abc import Iterator


def find_between(
    text: str, begins: re.Pattern[str], ends: re.Pattern[str]
) -> Iterator[tuple[re.Match[str], str]]:
    """Each place where something begins, and what stands from there up to its end."""
    position = 0
    while (begun := begins.search(text, position)) and (ended := ends.search(text, begun.end())):
        yield begun, text[begun.end() : ended.start()]
        position = ended.end()
