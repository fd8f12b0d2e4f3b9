"""Addresses of programs, by what stands before the @."""

import re

NO_REPLY = (
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|nicht[-_.]?antworten|keine[-_.]?antwort|ne[-_.]?pas[-_.]?repondre"
    r"|no[-_.]?respond(?:er|a)|n[aã]o[-_.]?respond(?:er|a)|non[-_.]?rispondere|niet[-_.]?beantwoorden|nie[-_.]?odpowiadaj"
)
PROGRAM_LOCAL_PARTS = re.compile(
    rf"^(?:(?:mailer-?daemon|postmaster|bounces?|notifications?)|(?:.{{1,64}}[-_.])?(?:{NO_REPLY}))(?:[-+._].*)?$"
)
MAIL_SERVER_LOCAL_PARTS = re.compile(r"^(?:mailer-?daemon|postmaster)(?:[-+.].*)?$")


def is_of_program(address: str) -> bool:
    return bool(PROGRAM_LOCAL_PARTS.match(address.partition("@")[0]))


def is_of_mail_server(address: str) -> bool:
    return bool(MAIL_SERVER_LOCAL_PARTS.match(address.partition("@")[0]))
