"""What a forked process does: it becomes one of the product's programs."""

import os
import runpy
import sys
from collections.abc import Mapping, Sequence

FLAGS = (os.O_RDONLY, *[os.O_WRONLY | os.O_APPEND | os.O_CREAT] * 2)


def run_program(
    arguments: Sequence[str], folder: str, environment: Mapping[str, str], streams: Sequence[str]
) -> None:
    """Do what `python <arguments>` does in this folder, with these files as standard input, output and error."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _open_streams(streams)
    sys.path.insert(0, folder)
    match arguments:
        case "-m", module, *rest:
            sys.argv[1:] = rest
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case "-c", code:
            exec(code, {"__name__": "__main__"})
        case program, *_:
            sys.argv[:] = arguments
            runpy.run_path(program, run_name="__main__")


def _open_streams(places: Sequence[str]) -> None:
    for number, (place, flags) in enumerate(zip(places, FLAGS, strict=True)):
        opened = os.open(place, flags, 0o666)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
