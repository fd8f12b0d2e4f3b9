"""Passwords are hashed on threads of their own, of which there are few, so that nobody's message waits for guessers.

A hash takes a third of a second of a whole core, by intention. All limits here are those of one process.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from .client_address import get_client_address
from .process import process

# Half of the cores at the most: the other half is for whoever chats. Where each core has a process of its own, the
# priority alone sees to that.
HASHING_THREADS = max(1, (os.cpu_count() or 2) // 2)
HASHING_NICENESS = 10
# Of those whose password is being looked at. Beyond, one is told to come again: it would take too long.
MAX_SIGN_INS = 40
MAX_SIGN_INS_PER_ADDRESS = 8
RETRY_AFTER_SECONDS = 5


def _lower_priority() -> None:
    """The event loop goes first. Linux has a priority for each thread; elsewhere the number of threads must do."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), HASHING_NICENESS)


@dataclass
class HashingThreads:
    """The threads of this process that hash passwords, and how many log-ins of each address wait for them."""

    executor: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(HASHING_THREADS, "hashing", initializer=_lower_priority)
    )
    sign_ins: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class ThreadedPasswordHasher(PBKDF2PasswordHasher):
    """Django's own, and the same hashes; only where they are computed differs."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        hash_password = partial(super().encode, password, salt, iterations)
        return process.get(HashingThreads).executor.submit(hash_password).result()


def bound_sign_ins(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Make a log-in's view one of which only so many are worked on at once, of all and of one address."""

    @wraps(view)
    def sign_in_when_free(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        with _take_place(get_client_address(request)) as has_place:
            return view(request, *args, **kwargs) if has_place else _render_busy(request)

    return sign_in_when_free


@contextmanager
def _take_place(address: str) -> Iterator[bool]:
    """Whether there is a place for one more log-in from this address, which is held until the end."""
    state = process.get(HashingThreads)
    with state.lock:
        has_place = (
            state.sign_ins.total() < MAX_SIGN_INS and state.sign_ins[address] < MAX_SIGN_INS_PER_ADDRESS
        )
        state.sign_ins[address] += has_place
    try:
        yield has_place
    finally:
        with state.lock:
            state.sign_ins[address] -= has_place
            if not state.sign_ins[address]:
                del state.sign_ins[address]


def _render_busy(request: HttpRequest) -> HttpResponse:
    response = render(request, "registration/busy.html", status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
