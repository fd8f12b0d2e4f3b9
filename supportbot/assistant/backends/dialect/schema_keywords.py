"""The keywords of JSON Schema that a server does not know in the schema of a tool, found in its refusal and left out.

Gemini, and gateways before it, know no `additionalProperties` (BerriAI/litellm#14330, Laisky/one-api#60,
adolfousier/opencrabs#99). The arguments are checked here anyway.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

# Those without which a schema still says what is asked for.
OPTIONAL_KEYWORDS = (
    *("additionalProperties", "default", "title", "examples", "format", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
    *("uniqueItems", "strict"),
)
ABOUT_SCHEMA = re.compile(r"tools?\b|function|schema|parameters|\$\.|declaration", re.IGNORECASE)


def find_refused_keyword(text: str, tools: Sequence[Any]) -> str:
    """The keyword of these tools' schemas that a refusal names; empty for none."""
    if not ABOUT_SCHEMA.search(text):
        return ""
    used = set(_iter_keywords(tools))
    return next(
        (
            name
            for name in OPTIONAL_KEYWORDS
            if name in used and re.search(rf"(?<![a-zA-Z0-9_]){name}(?![a-zA-Z0-9_])", text)
        ),
        "",
    )


def drop_keywords(value: Any, names: Collection[str]) -> Any:
    """The tools without these keywords. The arguments of a tool may have such names, and keep them."""
    if isinstance(value, list):
        return [drop_keywords(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: drop_keywords(each, names) for name, each in inner.items()}
        if key == "properties"
        else drop_keywords(inner, names)
        for key, inner in value.items()
        if key not in names
    }


def _iter_keywords(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _iter_keywords(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "properties":
                yield from _iter_keywords(list(inner.values()))
            else:
                yield key
                yield from _iter_keywords(inner)
