"""The page's scripts are modules that import in one direction, and the page gives them their texts and limits."""

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from django.test import Client

from supportbot.conversations.web.script_data import script_texts
from supportbot.desk.script_texts import build_bar_texts, build_conversation_texts

from . import wording
from .markup import Element, parse

STATIC = wording.ROOT / "static"
SOURCES = {path.name: path.read_text() for path in (STATIC / "chat").glob("*.js")}
DESK_SOURCES = {path.name: path.read_text() for path in (STATIC / "desk").glob("*.js")}
ENTRY = "chat.js"
DESK_TEXTS = {"noteWithoutPhotos"}  # that scripts of both pages ask for on the desk alone, which has them


@pytest.fixture
def page(db: None, client: Client) -> Element:
    return parse(client.get("/", follow=True).content.decode())


def read_json(page: Element, name: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(page.one("script", id=name).text)
    return content


def test_no_script_imports_one_that_imports_it():
    files = [path for folder in ("chat", "desk") for path in (STATIC / folder).glob("*.js")]
    imports = {path: find_imports(path) for path in files}

    order = [*TopologicalSorter(imports).static_order()]  # raises CycleError

    assert set(order) == set(files)
    assert not imports[STATIC / "chat/page.js"]
    assert not any(STATIC / "chat" / ENTRY in imported for imported in imports.values())


def find_imports(path: Path) -> set[Path]:
    return {(path.parent / each).resolve() for each in re.findall(r'from "(\..+?)"', path.read_text())}


def test_the_page_fetches_all_scripts_at_once(page):
    (entry,) = page.all("script", type="module")
    preloaded = [Path(link["href"]).name for link in page.all("link", rel="modulepreload")]

    assert Path(entry["src"]).name == ENTRY
    assert sorted([*preloaded, ENTRY]) == sorted(SOURCES)


def test_no_sentence_stands_in_a_script():
    found = [
        words
        for sources in (SOURCES, DESK_SOURCES)
        for each in sources.values()
        for words in wording.of_script(each)
    ]

    assert found == []


@pytest.mark.parametrize("source", ['say("Reload the page.");', "say(`${name} is too large`);"])
def test_a_sentence_in_a_script_is_noticed(source):
    assert list(wording.of_script(source))


def test_the_page_gives_every_text_that_a_script_asks_for_and_no_other(page):
    wanted = {name for source in SOURCES.values() for name in re.findall(r'getText\("(\w+)"', source)}

    assert wanted - DESK_TEXTS == script_texts().keys()
    assert read_json(page, "script-texts") == script_texts()


def test_the_desk_gives_every_text_that_its_scripts_ask_for_and_no_other():
    bar = "".join(DESK_SOURCES[name] for name in ("desk.js", "alerts.js", "notice.js"))
    asked = re.findall(r"(?:getText|showNotice)\(([^)]*)\)|words: (\"\w+\")", bar)
    wanted = {name for words in asked for name in re.findall(r'"(\w+)"', "".join(words))}

    assert wanted == build_bar_texts().keys()

    live_page = "".join(DESK_SOURCES[name] for name in ("conversation.js", "acts.js", "mentions.js"))
    asked = set(re.findall(r'getText\("(\w+)"', live_page))
    own = build_conversation_texts().keys() - DESK_TEXTS - script_texts().keys()

    assert asked <= build_conversation_texts().keys()
    assert own <= set(re.findall(r'"(\w+)"', live_page))


def test_every_text_is_asked_for_by_a_literal_name():
    unclear = {name for name, source in SOURCES.items() if re.search(r"(?<!function )getText\([^\"]", source)}

    assert unclear == set()


def test_the_limits_are_those_that_the_server_keeps(db, client, settings):
    settings.MESSAGE_MAX_CHARS = 123
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"image_max_bytes": 1024 * 1024})

    limits = read_json(parse(client.get("/", follow=True).content.decode()), "script-limits")

    assert limits == {
        "messageChars": 123,
        "photosPerMessage": 3,
        "photoTypes": ["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif"],
        "photoExtensions": [".heic", ".heif"],
        "photoBytes": 1024 * 1024,
        "photoPixels": 25_000_000,
        "photoSidePixels": 30_000,
        "photoDrawnPixels": 2048 * 1536,
        "photoDrawnSidePixels": 8000,
    }
