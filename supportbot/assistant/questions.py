"""`@question` makes a function that stores a typed answer: the model is asked in the background for it.

    class Mood(BaseModel):
        mood: Literal["happy", "neutral", "angry"]

    @question(Mood)
    def mood(key: str, answer: Mood | None) -> None:
        '''How does the customer feel at the end of the conversation?'''

The docstring is what the model is asked, the model class what it fills in, and `key` whatever the asker gave
to find the row again. The function runs in the transaction that ends the question, so its effect happens once;
`answer` is None when the model would not or could not say. Found in the module `questions` of every app.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic

from .messages import Form


@dataclass(frozen=True, slots=True)
class Question(Generic[Form]):
    name: str
    instruction: str
    form: type[Form]
    store: Callable[[str, Form | None], None]


def question(form: type[Form]) -> Callable[[Callable[[str, Form | None], None]], Question[Form]]:
    """Make a function into a `Question` that is answered by filling in `form`."""

    def decorate(function: Callable[[str, Form | None], None]) -> Question[Form]:
        instruction = inspect.getdoc(function)
        if not instruction:
            raise TypeError(
                f"Question {function.__qualname__} needs a docstring: it is what the model reads."
            )
        return Question(function.__name__, instruction, form, function)

    return decorate


def questions_of(modules: Iterable[ModuleType]) -> "dict[str, Question[Any]]":
    """The questions that these modules define, by name. Two of one name stop the start."""
    found: dict[str, Question[Any]] = {}
    defined = (value for module in modules for value in vars(module).values())
    for each in (value for value in defined if isinstance(value, Question)):
        known = found.setdefault(each.name, each)
        if known is not each:
            where = (f"{one.store.__module__}.{one.store.__qualname__}" for one in (known, each))
            raise ValueError(
                f"Two questions are named {each.name}: {' and '.join(where)}. Rename one of them."
            )
    return found
