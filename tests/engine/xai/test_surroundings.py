"""What the backend needs of its surroundings, and what it must not do to them."""

import subprocess
import sys

import pytest

from supportbot.assistant.backends import load_backend
from supportbot.assistant.errors import ErrorCode
from supportbot.conversations.checks import check_environment
from tests.engine.desk import Desk
from tests.engine.failing import fails


def run(program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=check
    )


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "https://127.0.0.1:{port}/v1"])
async def test_without_http_in_the_address_nothing_is_sent_in_the_clear(provider, address):
    port = provider.url.rpartition(":")[2]
    backend = load_backend("xai", api_key="k", base_url=address.format(port=port), model="grok-scripted")

    error = await fails(Desk(backend))

    assert error.code == ErrorCode.UNREACHABLE
    assert not provider.requests
    await backend.aclose()


TRACED = """
import asyncio, sys
from pydantic import BaseModel
from xai_sdk.telemetry import Telemetry
from supportbot.assistant.backends import load_backend
from supportbot.assistant.errors import ModelError
from supportbot.assistant.messages import Message

Telemetry().setup_console_exporter()
class Mood(BaseModel):
    mood: str

async def main():
    backend = load_backend("xai", api_key="k", base_url=sys.argv[1], model="grok-scripted")
    said = [Message("user", "My card is 4111")]
    print([part async for part in backend.stream("Be kind.", said, [])][-1].message.text)
    try:
        await backend.parse("Be kind.", said, Mood)
    except ModelError as error:
        print(error.code)
    await backend.aclose()

asyncio.run(main())
"""


def test_what_customers_say_reaches_no_trace_even_where_the_sdk_is_traced(provider):
    provider.say("Your card is 4111.")
    provider.fill(card="4111")

    done = run(TRACED, provider.url)

    assert done.stdout == "Your card is 4111.\ninvalid\n"


def test_the_engine_runs_without_grpc():
    loaded = "import supportbot.assistant.loop, supportbot.assistant.backends.chat, sys; print(*sys.modules)"

    done = run(loaded)

    assert "supportbot.assistant.loop" in done.stdout.split()
    assert not {"grpc", "xai_sdk", "opentelemetry"} & set(done.stdout.split())


WITHOUT_SDK = """
import sys
sys.modules["xai_sdk"] = None  # as if it were not there
from supportbot.assistant.backends import load_backend
load_backend("xai", api_key="k", model="grok-4.3")
"""


def test_a_missing_package_is_told_with_the_way_to_get_it():
    done = run(WITHOUT_SDK, check=False)

    assert done.stderr.endswith(
        "ImportError: The backend xai needs the package xai-sdk: pip install -r requirements-xai.txt\n"
    )


def test_a_missing_package_stops_the_start(monkeypatch, settings):
    monkeypatch.setitem(sys.modules, "xai_sdk", None)
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_backend": "xai", "xai_api_key": "k"})

    problems = {found.id: found for found in check_environment(None)}

    assert problems["supportbot.E005"].msg == "LLM_BACKEND=xai needs the package xai-sdk."
    assert problems["supportbot.E005"].hint == "Install it: pip install -r requirements-xai.txt"


@pytest.mark.parametrize(("effort", "is_known"), [("", True), ("high", True), ("minimal", False)])
def test_an_effort_that_it_does_not_know_stops_the_start(settings, effort, is_known):
    changed = {"llm_backend": "xai", "xai_api_key": "k", "llm_reasoning_effort": effort}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changed)

    problems = {found.id for found in check_environment(None)}

    assert ("supportbot.E006" not in problems) == is_known
