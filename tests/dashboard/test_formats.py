"""Times, shares and changes read as people say them, and say nothing where there is too little to say it of."""

import pytest

from supportbot.dashboard.formats import (
    describe_change,
    describe_share,
    find_median,
    find_percentile,
    format_seconds,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3600, "0 s"),  # the clock was set back
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3569, "59 min"),
        (3590, "1 h 0 min"),
        (18_720, "5 h 12 min"),
        (47 * 3600, "47 h 0 min"),
        (76 * 3600, "3 d 4 h"),
        (None, "not enough yet"),
    ],
)
def test_a_time_is_told_in_words(seconds, words):
    assert format_seconds(seconds) == words


def test_opening_hours_are_never_days():
    assert format_seconds(76 * 3600, in_opening_hours=True) == "76 h 0 min"


@pytest.mark.parametrize(
    ("value", "before", "count", "words"),
    [
        (120, 100, 100, "+20 %"),
        (80, 100, 100, "−20 %"),
        (100, 100, 100, "±0 %"),
        (5, 2, 2, ""),
        (5, 0, 0, ""),
        (None, 100, 100, ""),
        (100, None, 100, ""),
        (5000, 100, 100, "+4,900 %"),
    ],
)
def test_a_change_is_told_beside_what_was_before(value, before, count, words):
    assert describe_change(value, before, count) == words


def test_a_share_of_few_is_not_told():
    assert describe_share(5, 20) == "25 % of all"
    assert describe_share(5, 19) == ""


def test_of_few_there_is_neither_median_nor_percentile():
    assert (find_median([1, 9]), find_median([1, 9, 3])) == (None, 3)
    assert find_percentile([*range(9)]) is None
    assert find_percentile([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]) == 9
    assert find_percentile([*range(1, 12)]) == 10
