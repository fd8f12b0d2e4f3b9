"""Does the errands of this installation: asks the model what apps want to know, and has providers forget."""

import asyncio
import logging
import re
from typing import Any

from django.conf import settings
from pydantic import BaseModel

from supportbot.assistant.messages import Message, ModelError
from supportbot.assistant.questions import Question
from supportbot.assistant.window import fit
from supportbot.usage import outages, requests

from . import budgets, engine, errands
from .errands import ALERT, FORGET, Taken
from .history import as_text, in_words
from .threads import in_database, in_tool_thread

logger = logging.getLogger(__name__)

AT_ONCE = 4
NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # as JSON spells it
PATIENCE = 120.0

_tasks: set[asyncio.Task[None]] = set()


async def work_off() -> None:
    """Start what is due, as far as there is room for it."""
    if len(_tasks) >= AT_ONCE:
        return
    for taken in await in_database(errands.take, AT_ONCE - len(_tasks)):
        task = asyncio.create_task(_do(taken), name=f"errand {taken.name}")
        _tasks.add(task)
        task.add_done_callback(_ended)


async def drain() -> None:
    """The process ends: whatever is not done goes back at once."""
    for task in _tasks:
        task.cancel()
    if _tasks:
        await asyncio.wait(_tasks, timeout=5.0)


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        # Its lease runs out, and then it is tried again.
        logger.error("%s failed", task.get_name(), exc_info=error)


async def _do(taken: Taken) -> None:
    try:
        await _try(taken)
    except asyncio.CancelledError:
        await in_database(errands.give_back, taken, failed=False)
        raise
    except errands.NotStored:
        logger.exception("Errand %s: what came of it could not be stored", taken.name)
        await in_database(errands.give_back, taken, failed=True, may_store=False)


async def _try(taken: Taken) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await _carry_out(taken)
    except (ModelError, TimeoutError, OSError) as error:
        code = error.code if isinstance(error, ModelError) else type(error).__name__
        logger.warning("Errand %s failed: %s (%s)", taken.name, code, error)
        await in_database(errands.pay, taken, {}, code)
        is_hopeless = isinstance(error, ModelError) and not error.retry
        if code == "invalid" and taken.tries >= errands.INVALID_TRIES:
            is_hopeless = True
        if code == "over_budget":
            await in_database(errands.put_off, taken)
        elif is_hopeless and taken.name not in errands.OWED:
            await in_database(errands.finish, taken)
        else:
            await in_database(errands.give_back, taken, failed=True)


async def _carry_out(taken: Taken) -> None:
    if taken.tries > errands.most_tries(taken.name):  # whoever took it up before came to grief over it
        await in_database(errands.finish, taken)
    elif taken.name == FORGET:
        await engine.backend_of(taken.key).forget([taken.key])
        await in_database(errands.finish, taken)
    elif taken.name == ALERT:
        await in_tool_thread(outages.alert, taken.key)
        await in_database(errands.finish, taken)
    elif (question := errands.questions().get(taken.name)) is None:
        # A process of another version may know it; if an app was taken out, none does.
        logger.warning("Errand %s is of no app here", taken.name)
        await in_database(errands.give_back, taken, failed=True)
    elif taken.history:
        answer = await _ask(taken, question)
        await in_database(errands.finish, taken, answer)
    else:  # a conversation has nothing in it
        await in_database(errands.finish, taken)


async def _ask(taken: Taken, question: Question[Any]) -> Any:
    name = settings.LLM_BACKEND
    if not await in_database(errands.reserve, taken, name):
        raise budgets.over()
    history = [in_words(message) for message in taken.history]
    told = as_text(fit(history, settings.ENVIRONMENT.llm_window_tokens), taken.summary)
    parsed = await engine.backend(name).parse(
        question.instruction, [Message("user", told)], question.form, conversation=taken.public_id
    )
    await in_database(_pay, taken, name, parsed.model, parsed.usage)
    return _storable(parsed.value)


def _storable(answer: BaseModel) -> BaseModel:
    """Without NUL, which a model can spell in JSON but PostgreSQL refuses to store."""
    written = answer.model_dump_json()
    return type(answer).model_validate_json(NUL.sub(r"\1", written)) if NUL.search(written) else answer


def _pay(taken: Taken, backend: str, model: str, usage: Any) -> None:
    errands.pay(taken, usage)
    requests.record(taken.name, backend, model, usage, conversation=taken.conversation)
