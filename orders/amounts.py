"""How an amount of money is written, for people and for the model."""

from decimal import ROUND_HALF_UP, Decimal

# Of ISO 4217; all others have two decimals.
NO_DECIMALS = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
OWN_DECIMALS = dict.fromkeys(NO_DECIMALS, 0) | dict.fromkeys(THREE_DECIMALS, 3)


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """With as many decimals as the currency has, though never less than two: shops compute prices that have more."""
    places = 3 if currency in THREE_DECIMALS else 2
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def format_amount(amount: Decimal | None, currency: str) -> str | None:
    """“12.50 USD”, “1980 JPY” or “4.250 KWD”; None for an amount that nobody knows."""
    if amount is None:
        return None
    return f"{format_number(amount, currency)} {currency}".rstrip()


def format_number(amount: Decimal, currency: str) -> str:
    """With the decimals that its currency has, and more only where there are more: “12.50”, or “12.505”."""
    own = OWN_DECIMALS.get(currency.upper(), 2)
    stored = max(0, -int(amount.normalize().as_tuple().exponent))
    return f"{amount:.{max(own, stored)}f}"
