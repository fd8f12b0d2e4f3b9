"""Keeps a loop of many calls off the edge of a chunk of Python's stack.

CPython keeps the frames of calls in chunks of 16 kB (`push_chunk` in its Python/pystate.c). Where a loop stands at the
end of one, each call in it maps the next chunk and each return unmaps it: the same page took ten times as long with
one middleware more above it.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

FRAME_SLOTS = 2_100  # of 8 bytes: more than a chunk has, so such a frame begins one, of twice that size


def begin_stack_chunk(function: Callable[P, T]) -> Callable[P, T]:
    """Have a function begin a chunk of its own, with room for what it calls: some 15 kB."""
    function.__code__ = function.__code__.replace(co_stacksize=FRAME_SLOTS)
    return function
