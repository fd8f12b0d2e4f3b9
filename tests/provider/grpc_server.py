"""The network side of the scripted gRPC provider: the service of xai-sdk's stubs, reached over a real socket.

The service runs in threads, for a process can have only one user of asynchronous gRPC, and that is who is tested.
Connections come to it through a relay, which counts them and can drop them; gRPC itself does neither.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import grpc
from xai_sdk.proto import chat_pb2, chat_pb2_grpc

from .parts import Act, Drip
from .server import Reply, Request, drop

Chunk = chat_pb2.GetChatCompletionChunk


@dataclass(frozen=True, slots=True)
class Status:
    """The call ends with this status, whatever had come before."""

    code: grpc.StatusCode
    words: str


class GrpcServer(chat_pb2_grpc.ChatServicer):
    """Answers each call with the reply that `choose` gives, and keeps count of what is open."""

    def __init__(self, choose: Callable[[Request], Reply]) -> None:
        self._choose = choose
        self.changed = threading.Condition()
        self.requests: list[Request] = []
        self.open_streams = 0
        self.connections = 0
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="scripted gRPC provider", daemon=True)
        self._inner_port = 0
        self._open: set[asyncio.StreamWriter] = set()

    def start(self) -> None:
        self._thread.start()
        with self.changed:
            assert self.changed.wait_for(lambda: self.port, timeout=10), "the provider does not start"

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive(), "the provider does not end"

    def _run(self) -> None:
        largest = [("grpc.max_receive_message_length", 64 * 2**20)]
        server = grpc.server(ThreadPoolExecutor(64), options=largest)
        chat_pb2_grpc.add_ChatServicer_to_server(self, server)
        self._inner_port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._listen())
        server.stop(grace=0).wait()

    async def _listen(self) -> None:
        relay = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.note(port=relay.sockets[0].getsockname()[1])
        await self._stop.wait()
        relay.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._inner_port)
        self._open.add(writer)
        self.note(connections=len(self._open))
        try:
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        except asyncio.CancelledError:
            pass  # the provider ends
        finally:
            self._open.discard(writer)
            self.note(connections=len(self._open))

    def reset(self) -> None:
        """Drop every connection."""
        for writer in self._open:
            drop(writer)

    def note(self, **changes: Any) -> None:
        with self.changed:
            for name, value in changes.items():
                setattr(self, name, value)
            self.changed.notify_all()

    # The service.

    def GetCompletionChunk(self, request: Any, context: grpc.ServicerContext) -> Iterator[Chunk]:  # noqa: N802
        yield from self._answer("GetCompletionChunk", request, context)

    def GetCompletion(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return _whole(list(self._answer("GetCompletion", request, context)))

    def DeleteStoredCompletion(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        list(self._answer("DeleteStoredCompletion", request, context))
        return chat_pb2.DeleteStoredCompletionResponse(response_id=request.response_id)

    def _answer(self, call: str, proto: Any, context: grpc.ServicerContext) -> Iterator[Chunk]:
        request = Request("POST", f"/{call}", dict(context.invocation_metadata()), proto)
        with self.changed:
            reply = self._choose(request)
            self.requests.append(request)
            self.note(open_streams=self.open_streams + 1)
        yield from _Playing(self, request, reply, context).play()


class _Playing:
    """One reply, played to its end or until the client closes the call."""

    def __init__(
        self, server: GrpcServer, request: Request, reply: Reply, context: grpc.ServicerContext
    ) -> None:
        self._server = server
        self._request = request
        self._reply = reply
        self._context = context
        self._waiting: set[Future[Any]] = set()
        if not context.add_callback(self._ended):
            self._ended()

    def _ended(self) -> None:
        with self._server.changed:
            self._request.closed_early = not self._request.answered
            self._server.note(open_streams=self._server.open_streams - 1)
            for each in self._waiting:
                each.cancel()

    def play(self) -> Iterator[Chunk]:
        with suppress(CancelledError):
            for piece in self._reply.pieces:
                yield from self._play(piece)
        self._request.answered = self._context.is_active()

    def _play(self, piece: Any) -> Iterator[Chunk]:
        match piece:
            case Status():
                # The next try at once, lest the test wait for the client's patience.
                self._context.set_trailing_metadata((("grpc-retry-pushback-ms", "1"),))
                self._end_with(piece.code, piece.words)
            case Act.CUT:
                self._end_with(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            case Act.RESET:
                self._server.loop.call_soon_threadsafe(self._server.reset)
                self._wait(asyncio.Event().wait())
            case Act.STALL:
                self._wait(asyncio.Event().wait())
            case Act.HOLD:
                self._note_held(True)
                self._wait(self._reply._gate.acquire())
                self._note_held(False)
            case Drip():
                while True:
                    yield piece.piece
                    self._wait(asyncio.sleep(piece.every))
            case _:
                yield piece

    def _end_with(self, code: grpc.StatusCode, words: str) -> NoReturn:
        self._request.answered = True
        self._context.abort(code, words)
        raise AssertionError("abort() raises")

    def _note_held(self, held: bool) -> None:
        with self._server.changed:
            self._reply.held = held
            self._server.changed.notify_all()

    def _wait(self, for_what: Coroutine[Any, Any, Any]) -> None:
        """Wait, but no longer than the client does."""
        future = asyncio.run_coroutine_threadsafe(for_what, self._server.loop)
        with self._server.changed:
            self._waiting.add(future)
            if not self._context.is_active():
                future.cancel()
        future.result()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def _whole(chunks: list[Chunk]) -> Any:
    """The chunks of an answer as one that is not streamed."""
    whole = chat_pb2.GetChatCompletionResponse(outputs=[chat_pb2.CompletionOutput()])
    said = whole.outputs[0].message
    for chunk in chunks:
        whole.id, whole.model = chunk.id, chunk.model
        whole.usage.MergeFrom(chunk.usage)
        for output in chunk.outputs:
            said.role = output.delta.role
            said.content += output.delta.content
            said.tool_calls.extend(output.delta.tool_calls)
            whole.outputs[0].finish_reason = output.finish_reason or whole.outputs[0].finish_reason
    return whole
