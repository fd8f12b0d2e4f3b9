"""`@question` makes a function that stores a typed answer: the model is asked in the background for it.

    class Mood(BaseModel):
        mood: Literal["happy", "neutral", "angry"]

    @question(Mood)
    def mood(key: str, answer: Mood | None) -> None:
        '''How does the customer feel at the end of the conversation?'''

The docstring is what the model is asked, the model class what it fills in, and `key` whatever the asker gave
to find the row again. The function runs in the transaction that ends the question, so its effect happens once;
`answer` is None when the model would not or could not say. Found in the module `questions` of every app.
When the function raises, the question is asked again later, and after some tries no more.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic

from .messages import ResponseModel


@dataclass(frozen=True, slots=True)
class Question(Generic[ResponseModel]):
    name: str
    instruction: str
    response_model: type[ResponseModel]
    store: Callable[[str, ResponseModel | None], None]


def question(
    response_model: type[ResponseModel],
) -> Callable[[Callable[[str, ResponseModel | None], None]], Question[ResponseModel]]:
    """Make a function into a `Question` that is answered by filling in `response_model`."""

    def decorate(function: Callable[[str, ResponseModel | None], None]) -> Question[ResponseModel]:
        instruction = inspect.getdoc(function)
        if not instruction:
            raise TypeError(
                f"Question {function.__qualname__} needs a docstring: it is what the model reads."
            )
        return Question(function.__name__, instruction, response_model, function)

    return decorate


def collect_questions(modules: Iterable[ModuleType]) -> "dict[str, Question[Any]]":
    """The questions in these modules by name, also those imported from elsewhere in the same app.

    Two of one name stop the start.
    """
    found: dict[str, Question[Any]] = {}
    for module in modules:
        for each in vars(module).values():
            if not isinstance(each, Question) or not is_defined_in_app(each.store, module):
                continue
            known = found.setdefault(each.name, each)
            if known is not each:
                where = (f"{one.store.__module__}.{one.store.__qualname__}" for one in (known, each))
                raise ValueError(
                    f"Two questions are named {each.name}: {' and '.join(where)}. Rename one of them."
                )
    return found


def is_defined_in_app(function: Callable[..., Any], module: ModuleType) -> bool:
    """Whether a function is defined in the app that this module belongs to, in whichever file of it."""
    app = module.__name__.rpartition(".")[0] or module.__name__
    return f"{function.__module__}.".startswith(f"{app}.")
