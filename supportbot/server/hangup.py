"""A terminal that is closed, or whose connection breaks, while a server runs in it."""

import signal


def end_on_hangup() -> None:
    """Have SIGHUP end this process as SIGTERM does, in good order. `nohup` has it ignored, and that stays so."""
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, lambda _signal, _frame: signal.raise_signal(signal.SIGTERM))
