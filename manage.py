#!/usr/bin/env python
import os
import sys
import traceback

# The exit codes of `receive_mail` by which a mail is taken or returned to its sender. A mail server returns it at any
# other one too, but for 75, at which it keeps the mail and brings it again.
MAIL_CODES = (None, 0, 65)


def use_uvloop() -> None:
    """A loop that costs a third less. Daphne makes its own as soon as the apps are loaded, so this comes first."""
    import asyncio

    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def run_command() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportbot.settings")
    from supportbot.server.command_line import execute_command

    execute_command(sys.argv)


def receive_mail() -> None:
    """No customer's mail is returned because of us, not even while an update has brought half of our files."""
    try:
        run_command()
    except SystemExit as ended:
        if ended.code in MAIL_CODES:
            raise
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
    except BaseException:  # noqa: BLE001 - whatever it is, the mail server keeps the mail
        traceback.print_exc()
    else:
        return
    sys.exit(os.EX_TEMPFAIL)


if __name__ == "__main__":
    if "serve" in sys.argv[1:2] and sys.platform != "win32":
        use_uvloop()
    if "receive_mail" in sys.argv[1:2]:
        receive_mail()
    else:
        run_command()
