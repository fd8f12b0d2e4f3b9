"""The scripted model as Grok over gRPC, on the stubs that xai-sdk ships: the same tokens at the same pace.

python -m tests.bench.scripted_grok --port 9300 --tokens 200 --interval-ms 20
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from xai_sdk.proto import chat_pb2, chat_pb2_grpc, sample_pb2, usage_pb2

from .texts import TOKEN
from .window import now_us

AT_ONCE = 256


class ScriptedGrok(chat_pb2_grpc.ChatServicer):
    def __init__(self, tokens: int, interval_ms: float) -> None:
        self._tokens = tokens
        self._interval = interval_ms / 1000

    def GetCompletionChunk(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: N802
        due = time.monotonic()
        for number in range(self._tokens):
            time.sleep(max(0.0, due - time.monotonic()))
            yield _chunk(content=TOKEN % (number, now_us()))
            due += self._interval
        yield _chunk(sample_pb2.REASON_STOP)
        used = usage_pb2.SamplingUsage(prompt_tokens=1000, completion_tokens=self._tokens)
        yield chat_pb2.GetChatCompletionChunk(id="resp_bench", model="bench", usage=used)


def _chunk(reason: int = sample_pb2.REASON_INVALID, **delta: Any) -> Any:
    said = chat_pb2.Delta(role=chat_pb2.ROLE_ASSISTANT, **delta)
    output = chat_pb2.CompletionOutputChunk(index=0, delta=said, finish_reason=reason)
    return chat_pb2.GetChatCompletionChunk(id="resp_bench", model="bench", outputs=[output])


def main() -> None:
    parser = argparse.ArgumentParser(description="Streams scripted answers over gRPC.")
    parser.add_argument("--port", type=int, default=9300)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--interval-ms", type=float, default=20)
    options = parser.parse_args()
    server = grpc.server(ThreadPoolExecutor(AT_ONCE))
    chat_pb2_grpc.add_ChatServicer_to_server(ScriptedGrok(options.tokens, options.interval_ms), server)
    server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
