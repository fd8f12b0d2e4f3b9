"""What a request cost: what the provider says, else what the prices in the settings make of its tokens."""

from decimal import Decimal

from django.conf import settings

from supportbot.assistant.usage import Usage

TOKENS_PER_PRICE = Decimal(1_000_000)


def calculate_cost(model: str, usage: Usage) -> Decimal | None:
    """The cost in US dollars; None for a model without a price."""
    if usage.cost is not None:
        return usage.cost
    price = _find_price(model)
    if price is None:
        return None
    fresh = max(usage.input - usage.cached, 0)
    return (fresh * price[0] + usage.cached * price[1] + usage.billed_output * price[2]) / TOKENS_PER_PRICE


def _find_price(model: str) -> tuple[Decimal, Decimal, Decimal] | None:
    """US dollars for a million tokens: input, cached input, output.

    It is the price of the model itself or of the longest name that its name begins with, such as `grok-4.3` for
    `grok-4.3-0901`.
    """
    prices = settings.ENVIRONMENT.llm_prices
    family = max((name for name in prices if model.startswith(name)), key=len, default="")
    return prices.get(family)
