"""What it costs to read a model: answers streamed at once, by one of our backends or by an SDK as its guide shows.

    python -m tests.bench.reading --by chat --model http://127.0.0.1:9100 --streams 50

A process of its own, so that all CPU of it is this work's, gRPC's own threads included. Prints as JSON how many
chunks of text came and the CPU they took.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from time import process_time
from typing import Any
from urllib.parse import urlsplit

from manage import use_uvloop
from supportbot.assistant.backends import load_backend
from supportbot.assistant.messages import Message, TextDelta

ASKED = "hello"
SYSTEM = "You are a helpful support agent."
WARM_UP = 3
SPREAD_SECONDS = 0.5  # over which the answers begin, so that their tokens do not come all at once
DEMO_PACE = 50  # words a second, as the scripted models

Read = Callable[[], Awaitable[int]]


@asynccontextmanager
async def backend(name: str, model: str) -> AsyncIterator[Read]:
    """To be awaited for the number of chunks of one answer, each of which is a word."""
    url = model if name == "xai" else f"{model}/v1"
    pace = {"words_per_second": DEMO_PACE} if name == "demo" else {}
    made: Any = load_backend(name, api_key="bench", base_url=url, model="bench", **pace)

    async def read() -> int:
        text = ""
        async with aclosing(made.stream(SYSTEM, [Message("user", ASKED)], [])) as parts:
            async for part in parts:
                if isinstance(part, TextDelta):
                    text += part.text
        return len(text.split())

    yield read
    await made.aclose()


@asynccontextmanager
async def sdk_chat(model: str) -> AsyncIterator[Read]:
    from openai import AsyncOpenAI

    messages: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED}]

    async def read() -> int:
        text = ""
        chunks = await client.chat.completions.create(model="bench", messages=messages, stream=True)
        async for chunk in chunks:
            if chunk.choices and (word := chunk.choices[0].delta.content):
                text += word
        return len(text.split())

    async with AsyncOpenAI(base_url=f"{model}/v1", api_key="bench") as client:
        yield read


@asynccontextmanager
async def sdk_responses(model: str) -> AsyncIterator[Read]:
    from openai import AsyncOpenAI

    async def read() -> int:
        text = ""
        events = await client.responses.create(model="bench", instructions=SYSTEM, input=ASKED, stream=True)
        async for event in events:
            if event.type == "response.output_text.delta":
                text += event.delta
        return len(text.split())

    async with AsyncOpenAI(base_url=f"{model}/v1", api_key="bench") as client:
        yield read


@asynccontextmanager
async def sdk_xai(model: str) -> AsyncIterator[Read]:
    from xai_sdk import AsyncClient
    from xai_sdk.chat import system, user

    async def read() -> int:
        text = ""
        chat = client.chat.create(model="bench", messages=[system(SYSTEM), user(ASKED)])
        async for _, chunk in chat.stream():
            text += chunk.content
        return len(text.split())

    async with AsyncClient(
        api_key="bench", api_host=urlsplit(model).netloc, use_insecure_channel=True
    ) as client:
        yield read


SDKS = {"sdk-chat": sdk_chat, "sdk-responses": sdk_responses, "sdk-xai": sdk_xai}
BACKENDS = ("chat", "responses", "xai", "demo")


async def measure(by: str, model: str, streams: int) -> dict[str, float]:
    async with backend(by, model) if by in BACKENDS else SDKS[by](model) as read:
        await asyncio.gather(*(read() for _ in range(WARM_UP)))
        before = process_time()
        counts = await asyncio.gather(*(_later(read, number / streams) for number in range(streams)))
        return {"chunks": sum(counts), "cpu_seconds": process_time() - before}


async def _later(read: Read, part: float) -> int:
    await asyncio.sleep(SPREAD_SECONDS * part)
    return await read()


def main() -> None:
    parser = argparse.ArgumentParser(description="Reads many answers at once and says what that costs.")
    parser.add_argument("--by", required=True, choices=[*BACKENDS, *SDKS])
    parser.add_argument("--model", required=True, help="The scripted model, without /v1.")
    parser.add_argument("--streams", type=int, default=50)
    options = parser.parse_args()
    use_uvloop()  # as the product is served
    print(json.dumps(asyncio.run(measure(options.by, options.model, options.streams))))


if __name__ == "__main__":
    main()
