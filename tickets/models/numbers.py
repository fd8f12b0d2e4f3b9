"""Numbers of tickets, and when two issues are the same one."""

import re
import secrets

NUMBER_DRAWS = 4
# As shops write them, such as ORD-123 and #1001. Tickets have numbers of the same form.
ORDER_NUMBER = re.compile(r"(?<![\w#-])(?!TKT-)([A-Za-z]{2,5}-\d{3,12}|#\d{3,12})(?![\w-])", re.IGNORECASE)


def find_order_number(text: str) -> str:
    """The first number in a text that looks like an order's, empty if there is none."""
    found = ORDER_NUMBER.search(text)
    return found[1].upper() if found else ""


def generate_number() -> str:
    """A random ticket number, which says nothing about other tickets or how many there are."""
    return f"TKT-{secrets.randbelow(10**8):08}"


def normalise_issue(issue: str) -> str:
    """The issue without case, whitespace and punctuation, so that the same words are the same issue."""
    return " ".join(re.findall(r"\w+", issue.casefold()))
