"""Limits of guests who share a network, and of all guests together: where they are not set, by those of one visitor."""

from django.conf import settings

# An office of fifty: three messages a minute each, or six visitors who use their whole day up.
MESSAGES_OF_VISITORS = 5
TOKENS_OF_VISITORS = 6
ALL_TOKENS_OF_VISITORS = 20


def get_address_message_limit() -> int:
    """Messages a minute of all guests of one network, 0 for no limit."""
    env = settings.ENVIRONMENT
    return _choose(env.address_messages_per_minute, MESSAGES_OF_VISITORS * env.visitor_messages_per_minute)


def get_address_token_limit() -> int:
    """Tokens a day of all guests of one network, 0 for no limit."""
    env = settings.ENVIRONMENT
    return _choose(env.address_tokens_per_day, TOKENS_OF_VISITORS * env.visitor_tokens_per_day)


def get_guest_token_limit() -> int:
    """Tokens a day of all guests together, 0 for no limit."""
    env = settings.ENVIRONMENT
    return _choose(env.guest_tokens_per_day, ALL_TOKENS_OF_VISITORS * env.visitor_tokens_per_day)


def _choose(given: int | None, default: int) -> int:
    return default if given is None else given
