"""Serves the site with Daphne: pages and sockets in one process, ended without losing a word."""

import re
import sys
from typing import Any

from channels.routing import get_default_application
from daphne import http_protocol, ws_protocol
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandParser

from supportbot import model_backends
from supportbot.addresses import get_host_pattern
from supportbot.demo.accounts import DEMO_ACCOUNTS
from supportbot.server.command_line import discard_output
from supportbot.server.garbage import prepare_collector
from supportbot.server.hangup import end_on_hangup
from supportbot.server.http_channel import BoundedChannel
from supportbot.server.open_files import count_socket_room, get_file_limit, raise_file_limit
from supportbot.server.reloader import run_with_reload
from supportbot.server.request_limits import BoundedRequest, get_max_body_bytes
from supportbot.server.templates import load_templates
from supportbot.server.websocket import FragmentingProtocol

from ..database_check import check_database
from ..static_files_check import check_static_files

MAX_RECEIVED_BYTES = 128 * 1024  # of a frame, and of a message
CREDENTIALS_PATTERN = re.compile(r"(?<=//)[^/]*@")


class DrainingServer(Server):
    """Serves its pages on until the answers and jobs that run have ended; `supportbot.asgi` ends what is left then."""

    def kill_all_applications(self) -> None:
        """Daphne ends every page's application here, at the signal: an answer would stand still in the page."""


class Command(BaseCommand):
    help = "Serve the chat on HOST and PORT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.ENVIRONMENT.host)
        parser.add_argument("--port", type=int, default=settings.ENVIRONMENT.port)
        parser.add_argument("--reload", action="store_true", help="Restart when code or templates change.")

    def handle(self, *, host: str, port: int, reload: bool, **_options: Any) -> None:
        end_on_hangup()
        if reload:
            run_with_reload([sys.executable, *(each for each in sys.argv if each != "--reload")])
            return
        self._check_ready()
        # In debug mode Django would keep every query in memory, and show a stack trace to whoever causes one.
        settings.DEBUG = False
        # Loaded late: it hooks into the end of the server, which must exist by then.
        application = get_default_application()
        model_backends.get_backend(settings.LLM_BACKEND)  # now, not in the middle of the first answer
        load_templates()
        prepare_collector()
        # Daphne has no settings for these.
        http_protocol.WebRequest = BoundedRequest
        http_protocol.HTTPFactory.protocol = BoundedChannel
        http_protocol.HTTPFactory.log = _log_nothing
        ws_protocol.WebSocketFactory.protocol = FragmentingProtocol
        raise_file_limit()
        server = DrainingServer(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            websocket_timeout=-1,
            websocket_max_message_size=MAX_RECEIVED_BYTES,
            websocket_max_frame_size=MAX_RECEIVED_BYTES,
            request_buffer_size=get_max_body_bytes() + 1,  # a body in one piece, not in a thousand
            ready_callable=lambda: self._tell_addresses(host, port),
        )
        server.run()
        if not server.listening_addresses:
            sys.exit(f"Port {port} on {host} is taken or not allowed. Choose another: PORT=8001 make run")

    def _check_ready(self) -> None:
        """Raise `CommandError`, in a sentence, if something is missing that serving needs."""
        check_database()
        if not settings.ENVIRONMENT.debug:
            check_static_files(staticfiles_storage)

    def _tell_addresses(self, host: str, port: int) -> None:
        try:
            self._print_addresses(host, port)
        except OSError:  # the disk of the log is full: customers are served all the same
            discard_output()

    def _print_addresses(self, host: str, port: int) -> None:
        pattern = get_host_pattern(host)
        site = f"http://{'127.0.0.1' if pattern == '*' else pattern}:{port}"
        self.stdout.write(f"\n  {settings.COMPANY_NAME} support\n")
        self.stdout.write(f"  Chat    {site}/")
        self.stdout.write(f"  Admin   {site}/admin/")
        self.stdout.write(f"  Model   {self._describe_model()}")
        self.stdout.write(f"  Pages   up to {count_socket_room(get_file_limit()):,} open at once")
        if accounts := _list_demo_accounts():
            self.stdout.write(f"  Sign in {accounts}")
        self.stdout.write("\n  Stop with Ctrl-C.\n")
        self.stdout.flush()

    def _describe_model(self) -> str:
        env = settings.ENVIRONMENT
        if settings.LLM_BACKEND == "demo":
            return "the built-in demo model; set XAI_API_KEY to talk to Grok"
        address = env.llm_base_url or "https://api.x.ai/v1"
        return f"{env.llm_model} at {CREDENTIALS_PATTERN.sub('', address)}"


def _log_nothing(_factory: Any, _request: Any) -> None:
    """In the place of Twisted's line for each request, which it formats though no log takes it."""


def _list_demo_accounts() -> str:
    has_demo_shop = settings.ENVIRONMENT.debug and apps.is_installed("orders")
    names = DEMO_ACCOUNTS if has_demo_shop else ()
    there = set(get_user_model().objects.filter(username__in=names).values_list("username", flat=True))
    return "   ".join(f"{name} / {name}" for name in names if name in there)
