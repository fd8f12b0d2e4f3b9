"""Templates can be read, and whatever a person reads of them can be translated."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone

from supportbot.conversations.templatetags.chat import render_clock_time, render_day, render_moment

from . import wording
from .markup import parse

TEMPLATES = {
    path.relative_to(wording.ROOT).as_posix(): path.read_text()
    for folder in (wording.ROOT / "templates", *(wording.ROOT / "supportbot").rglob("templates"))
    for path in folder.rglob("*.*")
}
# What the model reads, in the language that it understands best.
UNTRANSLATED = {"templates/chat/system_prompt.txt"}
STATIC = re.compile(r"{% static '([^']+)'")
WITH_SUMS = ("templates/dashboard/", "templates/admin/usage/")  # of days, which are the site's


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("2026-03-02T10:00", "02:35"),
        ("2026-03-03T10:00", "2 Mar, 02:35"),
        ("2027-01-01T10:00", "2 Mar 2026, 02:35"),
    ],
)
def test_a_time_is_that_of_the_sites_time_zone_and_says_its_day_unless_that_is_today(
    settings, monkeypatch, now, shown
):
    settings.TIME_ZONE = "Asia/Kolkata"
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(f"{now}Z"))

    time = parse(render_clock_time(datetime(2026, 3, 1, 21, 5, 7, tzinfo=UTC))).all("time")[0]

    assert (time.text, time["datetime"]) == (shown, "2026-03-02T02:35:07+05:30")


def test_a_time_is_that_of_the_site_on_a_page_as_in_a_frame_of_its_socket(settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    moment = datetime(2026, 3, 1, 21, 5, 7, tzinfo=UTC)

    with timezone.override("Pacific/Auckland"):  # as a middleware may for a request
        assert parse(render_clock_time(moment)).all("time")[0]["datetime"] == "2026-03-02T02:35:07+05:30"


def test_a_day_and_a_moment_are_those_of_the_site_until_the_page_knows_those_of_the_reader(settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    moment = datetime(2026, 3, 1, 21, 5, 7, tzinfo=UTC)

    times = [parse(render(moment)).all("time")[0] for render in (render_moment, render_day)]

    assert [(time.text, time["data-shows"]) for time in times] == [
        ("2 Mar 2026, 02:35", "moment"),
        ("2 Mar 2026", "day"),
    ]
    assert {time["datetime"] for time in times} == {"2026-03-02T02:35:07+05:30"}


@pytest.mark.parametrize("name", [name for name in sorted(TEMPLATES) if name.endswith(".html")])
def test_every_time_on_a_page_can_be_shown_in_the_readers_zone(name):
    written = re.findall(r"\|(?:date|time):(?!'c')", TEMPLATES[name])

    assert written == [] or name.startswith(WITH_SUMS)


def test_every_static_file_that_a_template_names_is_there():
    named = {(path, name) for path, text in TEMPLATES.items() for name in STATIC.findall(text)}

    assert len(named) > 50
    assert sorted((path, name) for path, name in named if not finders.find(name)) == []


def test_no_line_is_longer_than_120_characters():
    long = [
        f"{name}:{number}"
        for name, source in TEMPLATES.items()
        for number, line in enumerate(source.splitlines(), 1)
        if len(line) > 120
    ]

    assert long == []


@pytest.mark.parametrize("name", sorted(TEMPLATES.keys() - UNTRANSLATED))
def test_every_text_is_marked_for_translation(name):
    assert list(wording.unmarked(TEMPLATES[name])) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello there</p>",
        '<a title="Hello there"></a>',
        '{% translate "Hello" %} there',
        "{% blocktranslate %}Hello{% endblocktranslate %} there",
        "{% if user %}Hello{% else %}{% translate 'Hi' %}{% endif %}",
    ],
)
def test_a_text_that_is_not_marked_is_noticed(source):
    assert list(wording.unmarked(source))


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_the_page_of_a_fault_needs_nothing_that_may_be_broken_and_looks_like_the_others(name):
    page = parse(render_to_string(name))

    sheets = [link["href"] for link in page.all("link", rel="stylesheet")]
    assert sheets
    assert all(finders.find(sheet.removeprefix("/static/")) for sheet in sheets)
    assert "{% static " not in TEMPLATES[f"templates/{name}"]  # it fails where files are not collected
