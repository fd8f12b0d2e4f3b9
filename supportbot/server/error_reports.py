"""What the log is told of an error whose text may hold what somebody wrote."""

from traceback import format_tb


def describe_place(error: BaseException) -> str:
    """The type of the error, and on the next lines where it was raised."""
    stack = "".join(format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{stack}"
