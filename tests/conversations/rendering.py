"""What a customer's page is shown of a change."""

from supportbot.conversations.realtime.audiences import get_customer_audience
from supportbot.conversations.turns import TurnChange


def render(change: TurnChange) -> str:
    return get_customer_audience().render_change(change)
