"""What the models took: counted as the providers count, priced, and summed up for staff."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from supportbot.assistant.usage import Usage, parse_usage
from supportbot.usage.admin import sum_by_day
from supportbot.usage.models import ModelRequest
from supportbot.usage.prices import calculate_cost
from supportbot.usage.summaries import format_time_between

# As xAI's servers sent it: what the model thought is not a part of what it said.
XAI_CHAT = {
    "prompt_tokens": 608,
    "completion_tokens": 25,
    "total_tokens": 692,
    "prompt_tokens_details": {"text_tokens": 608, "cached_tokens": 128},
    "completion_tokens_details": {"reasoning_tokens": 59},
}
OPENAI_CHAT = {
    "prompt_tokens": 100,
    "completion_tokens": 84,
    "total_tokens": 184,
    "completion_tokens_details": {"reasoning_tokens": 59},
}
RESPONSES = {
    "input_tokens": 608,
    "input_tokens_details": {"cached_tokens": 128},
    "output_tokens": 84,
    "output_tokens_details": {"reasoning_tokens": 59},
    "total_tokens": 692,
    "cost_in_usd_ticks": 12_500_000,
}


def test_every_form_is_counted():
    assert parse_usage(XAI_CHAT) == Usage(608, 128, 25, 59, 692)
    assert parse_usage(OPENAI_CHAT) == Usage(100, 0, 84, 59, 184)
    assert parse_usage(RESPONSES) == Usage(608, 128, 84, 59, 692, Decimal("0.00125"))


def test_what_was_thought_is_paid_once():
    assert parse_usage(XAI_CHAT).billed_output == 84
    assert parse_usage(OPENAI_CHAT).billed_output == 84
    assert parse_usage(RESPONSES).billed_output == 84


@pytest.mark.parametrize(
    "odd",
    [{}, {"prompt_tokens": None}, {"prompt_tokens": -5}, {"prompt_tokens_details": 3}, {"total_tokens": "x"}],
)
def test_odd_counts_count_as_none(odd):
    assert parse_usage(odd) == Usage()


@pytest.mark.parametrize(
    "total", [{}, {"total_tokens": -1}, {"total_tokens": 10**30}, {"total_tokens": float("nan")}]
)
def test_a_total_that_cannot_be_true_is_the_sum_of_its_parts(total):
    """agentjido/req_llm#781 and others: no total, floats, NaN, numbers without end."""
    assert parse_usage({"prompt_tokens": 100.0, "completion_tokens": 10.0, **total}) == Usage(
        100, 0, 10, 0, 110
    )


def test_counts_may_be_written_as_text():
    assert parse_usage({"prompt_tokens": "100", "completion_tokens": "10"}) == Usage(100, 0, 10, 0, 110)
    assert parse_usage({"prompt_tokens": "9" * 5000, "completion_tokens": "²"}) == Usage()


def test_the_provider_s_own_price_goes_before_ours():
    assert calculate_cost("grok-4.3", parse_usage(RESPONSES)) == Decimal("0.00125")


def test_without_the_provider_s_own_price_it_is_reckoned_from_the_settings(settings):
    prices = {"grok-4.5": (Decimal(2), Decimal("0.5"), Decimal(6)), "grok-4": (Decimal(9),) * 3}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"llm_prices": prices})

    assert calculate_cost("grok-4.5-0901", parse_usage(XAI_CHAT)) == Decimal(
        (480 * 2 + 128 * 0.5 + 84 * 6) / 1_000_000
    ).quantize(Decimal("0.00000001"))


def test_a_model_without_a_price_costs_nobody_knows_what(settings):
    assert calculate_cost("qwen3", parse_usage(XAI_CHAT)) is None


@pytest.mark.django_db
def test_the_days_are_those_of_the_shop_and_the_last_fourteen():
    today = date(2026, 11, 29)
    with timezone.override("Pacific/Auckland"):
        for day, hour, tokens in ((29, 0, 1), (28, 23, 10), (28, 0, 100), (16, 0, 1000), (15, 23, 10_000)):
            moment = datetime(2026, 11, day, hour, 59, tzinfo=timezone.get_current_timezone())
            ModelRequest.objects.create(purpose="answer", model="grok", input=tokens, created=moment)

        found = [(row["day"].day, row["requests"], row["input"]) for row in sum_by_day(today)]

    assert found == [(29, 1, 1), (28, 2, 110), (16, 1, 1000)]


def test_an_answer_during_which_the_clock_was_set_back_took_no_less_than_nothing():
    began = timezone.now()
    assert format_time_between(began + timedelta(seconds=0.42), began) == "0.4 s"
    assert format_time_between(began - timedelta(hours=1), began) == "0.0 s"
