"""Whether reading something takes a time that grows with its length, and not with the square of that."""

import gc
from collections.abc import Callable
from time import thread_time

MOST_SECONDS = 0.5  # what grows with the square takes several


def takes_linear_time(read: Callable[[], object]) -> bool:
    """Whether one of three tries is quick, by the CPU of this thread alone: others on the machine slow it down.

    So does Python's collector, which looks through all that the tests have left.
    """
    gc.disable()
    try:
        return any(_measure(read) < MOST_SECONDS for _ in range(3))
    finally:
        gc.enable()


def _measure(read: Callable[[], object]) -> float:
    began = thread_time()
    read()
    return thread_time() - began
