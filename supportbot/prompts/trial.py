"""Asks the assistant a question with a version of the prompt that need not be in use yet."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings

from supportbot import model_backends
from supportbot.assistant.errors import ModelError
from supportbot.assistant.loop import make_executor, run_turn
from supportbot.assistant.messages import Answer, Message, TextDelta, TextWithdrawn, ToolFinished
from supportbot.assistant.tools import Registry, ToolContext
from supportbot.server.executors import run_in_tool_thread

from .models import Prompt

QUESTION_MAX_CHARS = 4000


@dataclass
class Trial:
    """What came of it: texts of the assistant and tool calls in their order, and the code of the error if it failed."""

    steps: list[str | ToolFinished] = field(default_factory=list)
    error: str = ""


async def run_trial(prompt: Prompt, question: str) -> Trial:
    """Answer the question as a guest's. Only tools that read can be called, so nothing in the shop changes."""
    conversations: Any = apps.get_app_config("conversations")
    tools = Registry(tool for tool in conversations.tools.values() if tool.effect == "read")
    # A guest whose limits nobody shares. Without a conversation, tools that read store nothing.
    guest = ToolContext(conversation=0, visitor=f"trial:{uuid.uuid4()}", customer=None, request="trial")
    backend = model_backends.create_backend(settings.LLM_BACKEND)
    # On a thread of its own: the event loop's threads would keep a connection to the database open for good.
    execute = make_executor(tools, guest, run_in_tool_thread)
    trial, text = Trial(), ""
    messages = [Message("user", question)]
    system_text = prompt.render_system_text("")
    try:
        async for event in run_turn(
            backend, system_text, messages, tools, execute, limits=model_backends.get_limits()
        ):
            if isinstance(event, TextDelta):
                text += event.text
            elif isinstance(event, TextWithdrawn):
                text = ""
            elif isinstance(event, Answer):
                trial.steps.append(text)
                text = ""
            elif isinstance(event, ToolFinished):
                trial.steps.append(event)
    except ModelError as error:
        trial.steps.append(text)  # what had come of it
        trial.error = error.code
    finally:
        await backend.aclose()
    return trial
