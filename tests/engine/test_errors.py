"""What follows from each error: whether staff are told, who pays, what the customer reads."""

import pytest

from supportbot.assistant import ErrorCode, ModelError
from supportbot.assistant.errors import ERROR_TRAITS, GENERAL_MESSAGE, ErrorTraits, get_error_traits

# As they stand in the databases of installations.
STORED = """
unreachable down busy key_refused no_credit no_model misconfigured no_first_token provider_error stalled cut malformed
too_long request_refused message_refused context_too_long filtered empty endless declined invalid unconfirmed
interrupted taken_over over_budget over_guest_budget tokens_set_aside not_stored bug
"""


def codes_with(trait: str) -> set[str]:
    return {str(code) for code, traits in ERROR_TRAITS.items() if getattr(traits, trait)}


def test_the_stored_codes_stay_the_same_and_each_has_its_row():
    assert list(map(str, ErrorCode)) == STORED.split()
    assert set(ERROR_TRAITS) == set(ErrorCode)


def test_what_counts_as_an_outage():
    permanent = {"key_refused", "no_credit", "no_model", "misconfigured"}
    passing = {"unreachable", "down", "busy", "no_first_token", "provider_error", "request_refused"}

    assert codes_with("is_outage") == permanent | passing
    assert codes_with("is_permanent") == permanent


def test_where_another_model_may_do_better():
    assert codes_with("is_broken_off") == {"stalled", "cut", "malformed"}
    assert codes_with("allows_fallback") == (
        codes_with("is_outage") | codes_with("is_broken_off") | {"message_refused"}
    )


def test_what_no_provider_charges_for():
    refused = {"key_refused", "no_credit", "no_model", "misconfigured", "request_refused", "message_refused"}
    unpaid = {"over_budget", "over_guest_budget", "tokens_set_aside"}
    free = {"unreachable", "down", "busy", "no_first_token"} | refused | unpaid

    assert {str(code) for code in ErrorCode} - codes_with("is_billed") == free


def test_a_stored_code_of_another_version_is_told_in_general_words_and_paid_for():
    assert get_error_traits("struck_by_lightning") == ErrorTraits()
    assert (ErrorTraits().message, ErrorTraits().is_billed) == (GENERAL_MESSAGE, True)


def test_an_error_with_a_misspelt_code_cannot_be_made():
    with pytest.raises(ValueError, match="unreachabel"):
        ModelError("unreachabel")
    with pytest.raises(AttributeError):
        _ = ErrorCode.UNREACHABEL


def test_an_error_tells_a_log_its_code_when_it_knows_no_more():
    assert str(ModelError(ErrorCode.BUSY)) == "busy"
    assert str(ModelError(ErrorCode.BUSY, "status 429")) == "status 429"
