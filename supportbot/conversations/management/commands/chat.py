"""`manage.py chat`: talk to the assistant from a shell, as any customer. The quickest way to try a tool."""

import json
import re
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportbot import model_backends
from supportbot.assistant.backends import BACKENDS
from supportbot.server.command_line import discard_output

from ...terminal.screen import Screen
from ...terminal.session import Terminal, run_loop_in_thread
from ...turns import tool_calls
from ...visitors import Visitor
from ..database_check import check_database

HELP_TEXT = gettext_lazy("""\
/image PATH  sends a photo with your next message; an empty line sends it alone
/reset       begins a new conversation
/history     prints the conversation as the messages array of the chat completions API
/help        prints this
/quit        leaves, as /exit and Ctrl-D do
/tools       lists the tools, and /TOOL KEY=VALUE calls one: with the demo model alone
Ctrl-C stops an answer. Everything that begins otherwise is a message.""")
# A word with another slash is a path.
COMMAND_PATTERN = re.compile(r"\s*/([^\s/]+)(?:\s+(.*?))?\s*", re.DOTALL)
VERBOSE_HELP = (
    "Show tools' arguments and results, and the tokens, cost and time to the first word of each answer."
)
MAX_LISTED_NAMES = 8
INTERRUPTED_EXIT_CODE = 128 + signal.SIGINT


class Command(BaseCommand):
    help = (
        "Talk to the assistant from a shell. Conversations are stored, with all that tools do, as in the browser. "
        "From a pipe every line is a message: answers go to stdout, all else to stderr, and the exit code is 1 "
        "when a message had no answer."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--as", dest="username", metavar="USERNAME", help="The customer. Without: a guest."
        )
        parser.add_argument("--backend", choices=sorted(BACKENDS), help="Another one than LLM_BACKEND.")
        parser.add_argument("--model", help="Another one than LLM_MODEL.")
        parser.add_argument("--verbose", action="store_true", help=VERBOSE_HELP)

    def handle(
        self, *, username: str | None, backend: str | None, model: str | None, verbose: bool, **options: Any
    ) -> None:
        check_database()
        visitor = _find_visitor(username)
        _choose_model(backend, model)
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, lambda number, _frame: sys.exit(128 + number))
        for stream in (sys.stdin, sys.stdout):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        self._is_typed = sys.stdin.isatty()
        self._output_failure: OSError | None = None
        self.stderr.style_func = self.style.HTTP_NOT_MODIFIED
        if self._is_typed:
            self._write_note(f"{_build_greeting(username)}\n")
        self._screen = Screen(self._write, self._write_note, verbose=verbose)
        try:
            with run_loop_in_thread() as loop:
                failed = self._converse(Terminal(loop, visitor, self._screen))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED_EXIT_CODE)
        if failed and not self._is_typed:
            sys.exit(1)

    def _converse(self, terminal: Terminal) -> int:
        """Read lines until the input ends. Returns how many of them got no answer or did not work."""
        failed = 0
        for line in self._read_lines():
            if (command := COMMAND_PATTERN.fullmatch(line)) and not _is_demo_command(command[1]):
                if command[1].lower() in ("quit", "exit"):
                    break
                failed += not self._run_command(terminal, command[1], command[2] or "")
            elif line.strip() or terminal.image_count:
                failed += not terminal.send_message(line)
            if self._output_failure:  # what the file has so far must not pass for all of it
                raise CommandError(f"The output could not be written: {self._output_failure.strerror}")
            if terminal.was_stopped and not self._is_typed:
                sys.exit(INTERRUPTED_EXIT_CODE)
        if terminal.image_count:
            self._screen.print_note(_("The photos were not sent: no message came after them."))
            failed += 1
        return failed

    def _read_lines(self) -> Iterator[str]:
        if not self._is_typed:
            yield from sys.stdin
            return
        with suppress(ImportError):
            import readline  # noqa: F401 - its import makes lines editable
        while True:
            try:
                yield input("> " if sys.stdout.isatty() else "")
            except KeyboardInterrupt:
                self._write("\n")  # the line is thrown away
            except EOFError:
                self._write("\n")
                return

    def _run_command(self, terminal: Terminal, name: str, rest: str) -> bool:
        commands = {
            "image": self._attach_image,
            "reset": self._reset,
            "history": self._print_history,
            "help": self._print_help,
        }
        if command := commands.get(name.lower()):
            return command(terminal, rest)
        note = _("There is no command /%(name)s. /help lists those that there are.")
        self._screen.print_note(note % {"name": name})
        return False

    def _attach_image(self, terminal: Terminal, path: str) -> bool:
        if not path:
            self._screen.print_note(_("/image needs the path of a photo, as in: /image parcel.jpg"))
            return False
        try:
            data = Path(path.strip("'\"")).expanduser().read_bytes()
        except (OSError, RuntimeError, ValueError) as error:
            why = getattr(error, "strerror", None) or _("not a file's name")
            self._screen.print_note(f"{path}: {why}")
            return False
        return terminal.attach_image(data)

    def _reset(self, terminal: Terminal, _rest: str) -> bool:
        terminal.reset()
        self._screen.print_note(_("A new conversation."))
        return True

    def _print_history(self, terminal: Terminal, _rest: str) -> bool:
        self._screen.print_text(json.dumps(terminal.get_history(), indent=2, ensure_ascii=False))
        return True

    def _print_help(self, _terminal: Terminal, _rest: str) -> bool:
        self._screen.print_text(str(HELP_TEXT))
        return True

    def _write(self, text: str) -> None:
        try:
            self.stdout.write(text, ending="")
            self.stdout.flush()
        except BrokenPipeError:  # the reader has gone, as with `| head`
            discard_output()
        except OSError as error:
            discard_output()
            self._output_failure = error

    def _write_note(self, text: str) -> None:
        with suppress(OSError):
            self.stderr.write(text, ending="")
            self.stderr.flush()


def _build_greeting(username: str | None) -> str:
    names = {"company": settings.COMPANY_NAME, "customer": username, "model": _describe_model()}
    if username:
        return (
            _("%(company)s support, as %(customer)s. The model is %(model)s. /help, or Ctrl-D to leave.")
            % names
        )
    return _("%(company)s support, as a guest. The model is %(model)s. /help, or Ctrl-D to leave.") % names


def _is_demo_command(name: str) -> bool:
    return settings.LLM_BACKEND == "demo" and (name == "tools" or name in tool_calls.get_tool_registry())


def _find_visitor(username: str | None) -> Visitor:
    if not username:
        return Visitor(guest_key=secrets.token_urlsafe(24))
    field = get_user_model().USERNAME_FIELD
    users = get_user_model().objects.filter(is_active=True).order_by("pk")
    if user := users.filter(**{field: username}).first():
        return Visitor(user_id=user.pk)
    names = list(users.values_list(field, flat=True)[:MAX_LISTED_NAMES])
    there = f"Some that there are: {', '.join(names)}." if names else "There are no accounts yet."
    raise CommandError(f"There is no customer “{username}”. {there}")


def _choose_model(backend: str | None, model: str | None) -> None:
    """Use that backend and that model in this process.

    With a model of its own the process must answer no other conversation, so `running_turns` is 0; and the limits
    that keep strangers from sending too much in a minute are off. Raises `CommandError` for a choice that cannot be.
    """
    changes = {"running_turns": 0, "images_per_minute": 0} | ({"llm_model": model} if model else {})
    settings.CONVERSATION_MESSAGES_PER_MINUTE = settings.VISITOR_MESSAGES_PER_MINUTE = 0
    env = settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changes)
    name = settings.LLM_BACKEND = backend or settings.LLM_BACKEND
    if model and name == "demo":
        raise CommandError(f"--model names a model of a provider, and the backend is {name}.")
    if name in ("chat", "responses", "xai") and not (env.xai_api_key or env.llm_base_url):
        raise CommandError(f"The backend {name} has no model to talk to. Set XAI_API_KEY, or LLM_BASE_URL.")
    try:
        model_backends.get_backend(name)
    except ImportError as error:
        raise CommandError(f"The backend {name} cannot be loaded: {error}.") from None


def _describe_model() -> str:
    name = settings.LLM_BACKEND
    return "the demo" if name == "demo" else f"{settings.ENVIRONMENT.llm_model} ({name})"
