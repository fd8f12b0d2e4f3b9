"""A question to the assistant with a version of the prompt that is not in use yet."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings

from supportbot import model_backends
from supportbot.assistant.errors import ModelError
from supportbot.assistant.loop import make_executor, run_turn
from supportbot.assistant.messages import Message, TextDelta, ToolFinished
from supportbot.assistant.tools import Registry, ToolContext
from supportbot.server.executors import run_in_tool_thread

from .models import Prompt

QUESTION_MAX_CHARS = 4000


@dataclass
class Trial:
    text: str = ""
    looked_up: list[ToolFinished] = field(default_factory=list)
    error: str = ""


async def run_trial(prompt: Prompt, question: str) -> Trial:
    """What a guest would be answered. Tools that write are not there, so nothing happens in the shop."""
    conversations: Any = apps.get_app_config("conversations")
    tools = Registry(tool for tool in conversations.tools.values() if tool.effect == "read")
    # As a guest whose limits nobody shares, and without a conversation: tools that read store nothing then.
    guest = ToolContext(conversation=0, visitor=f"trial:{uuid.uuid4()}", customer=None, request="trial")
    backend = model_backends.create_backend(settings.LLM_BACKEND)
    # Not on a thread of the event loop's, which would keep its connection to the database for good.
    execute = make_executor(tools, guest, run_in_tool_thread)
    trial = Trial()
    asked = (backend, prompt.render_system_text(""), [Message("user", question)], tools, execute)
    try:
        async for event in run_turn(*asked, limits=model_backends.get_limits()):
            if isinstance(event, TextDelta):
                trial.text += event.text
            elif isinstance(event, ToolFinished):
                trial.looked_up.append(event)
    except ModelError as error:
        trial.error = error.code
    finally:
        await backend.aclose()
    return trial
