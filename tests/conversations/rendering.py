"""What a page is shown of a change: a customer's, or that of another audience."""

from supportbot.conversations.realtime.audiences import Audience, get_customer_audience
from supportbot.conversations.turns import TurnChange


def render(change: TurnChange, audience: Audience | None = None) -> str:
    audience = audience or get_customer_audience()
    return "".join(audience.render_turns(change)) + audience.render_rest(change)
