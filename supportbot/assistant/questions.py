"""`@question` makes a function that stores a typed answer: the model is asked in the background for it.

    class Mood(BaseModel):
        mood: Literal["happy", "neutral", "angry"]

    @question(Mood, label="Customer's mood")
    def mood(key: str, answer: Mood | None) -> None:
        '''How does the customer feel at the end of the conversation?'''

The docstring is what the model is asked, the pydantic model what it fills in, and `key` the string that was given
to `ask_later`, by which the function finds its row. It runs in the transaction that ends the question, so its effect
happens once; `answer` is None when the model declined or never gave a valid answer. When the function raises, the
question is asked again later, up to a limit. Questions are found in the module `questions` of every app.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic

from pydantic import BaseModel

from .app_functions import collect_app_functions, index_by_name
from .constraints import require_possible_constraints
from .declarations import (
    require_docstring,
    require_function,
    require_short_name,
    require_subclass,
    require_text,
)
from .messages import ResponseModel
from .translation import LazyText


@dataclass(frozen=True, slots=True)
class Question(Generic[ResponseModel]):
    """`function(key, answer)` stores an answer, `instruction` is its docstring, and `label` what staff read."""

    name: str
    instruction: str
    response_model: type[ResponseModel]
    function: Callable[[str, ResponseModel | None], None]
    label: str | LazyText


def question(
    response_model: type[ResponseModel], *, label: str | LazyText = ""
) -> Callable[[Callable[[str, ResponseModel | None], None]], Question[ResponseModel]]:
    """Make a function into a `Question` that is answered by filling in `response_model`.

    `label` names it where staff see what the model was asked; without one that is the function's name.
    Raises TypeError for a function without a docstring or with another signature, for a response model that is none,
    and for a name of more than 40 letters, which is what is stored of it.
    """
    require_subclass(response_model, BaseModel, "@question", "the response model")

    def make_question(function: Callable[[str, ResponseModel | None], None]) -> Question[ResponseModel]:
        require_function(function, "Question", ("key", "answer"))
        owner, name = f"Question {function.__qualname__}", function.__name__
        instruction = require_docstring(function, owner)
        require_short_name(name, owner)
        require_text(label, owner, "label")
        if response_model.__pydantic_complete__:
            require_possible_constraints(response_model.__pydantic_core_schema__, owner)
        return Question(
            name, instruction, response_model, function, label or name.replace("_", " ").capitalize()
        )

    return make_question


def collect_questions(modules: Iterable[ModuleType]) -> "dict[str, Question[Any]]":
    """The questions in these modules by name, also those that they import from other modules of the same app.

    Raises DeclarationError when two of them have the same name.
    """
    return index_by_name(collect_app_functions(Question, modules), "questions")
