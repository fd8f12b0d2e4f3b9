"""The textbook: the chat consumer that a good tutorial ends with, and that supportbot is measured against.

    python -m tests.bench.textbook --port 9200 --model http://127.0.0.1:9100/v1

Written to be fair: one shared client, the consumer of Channels as it is meant to be used, served by Daphne,
no debug mode, no sessions, no database. It keeps its history in a list and sends one span a chunk.
"""

import argparse
import json
from functools import cache
from html import escape
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from daphne.server import Server
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from openai import AsyncOpenAI

from .texts import ANSWER, QUESTION

PAGE = """<!doctype html>
<html lang="en">
<head><title>Textbook</title><script src="/htmx.js"></script><script src="/ws.js"></script></head>
<body hx-ext="ws" ws-connect="/ws/%d/">
<div id="chat"></div>
<form ws-send><input name="text"><button>Send</button></form>
</body>
</html>"""

options = argparse.Namespace(model="http://127.0.0.1:9100/v1")


@cache
def client() -> AsyncOpenAI:
    return AsyncOpenAI(base_url=options.model, api_key="bench")


class Chat(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        self.history = [{"role": "system", "content": "You are a helpful support agent."}]
        for _ in range(self.scope["url_route"]["kwargs"]["messages"] // 2):
            self.history.append({"role": "user", "content": QUESTION})
            self.history.append({"role": "assistant", "content": ANSWER})
        await self.accept()

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        text = json.loads(text_data)["text"]
        number = len(self.history)
        self.history.append({"role": "user", "content": text})
        await self.send(
            f'<div id="chat" hx-swap-oob="beforeend"><p data-role="customer">{escape(text)}</p>'
            f'<p id="answer-{number}"></p><i id="state-{number}"></i></div>'
        )
        answer = ""
        chunks: Any = await client().chat.completions.create(
            model="bench",
            messages=self.history,  # type: ignore[arg-type]
            stream=True,
        )
        async for chunk in chunks:
            if chunk.choices and (word := chunk.choices[0].delta.content):
                answer += word
                await self.send(f'<span hx-swap-oob="beforeend:#answer-{number}">{escape(word)}</span>')
        self.history.append({"role": "assistant", "content": answer})
        await self.send(
            f'<i id="state-{number}" hx-swap-oob="true" data-message="{number}"'
            ' data-role="assistant" data-status="complete"></i>'
        )


def page(request: HttpRequest, messages: int = 0) -> HttpResponse:
    """The chat, at the address of a number as if so many messages had been exchanged."""
    return HttpResponse(PAGE % messages)


urlpatterns = [path("", page), path("<int:messages>/", page)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves the textbook chat.")
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--model", default=options.model, help="The chat completions server.")
    parser.parse_args(namespace=options)
    settings.configure(DEBUG=False, SECRET_KEY="bench", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__)
    websocket = URLRouter([path("ws/<int:messages>/", Chat.as_asgi())])
    application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": websocket})
    Server(application, endpoints=[f"tcp:port={options.port}:interface=127.0.0.1"]).run()


if __name__ == "__main__":
    main()
