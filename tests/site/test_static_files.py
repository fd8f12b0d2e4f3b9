"""Scripts that import each other are named by their contents, so no page ever mixes two versions of them."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import get_finders
from django.core.files.base import ContentFile
from django.core.management.base import CommandError
from django.http import HttpResponse
from django.test import RequestFactory

from supportbot.conversations.management.static_files_check import check_static_files
from supportbot.server.static_files import StaticFilesMiddleware
from supportbot.server.static_storage import ModuleStaticFilesStorage

SOURCES = {
    "chat/page.js": "export const words = 1;\n",
    "chat/outbox.js": 'import {\n  words,\n} from "./page.js";\n',
    "chat/tray.js": "export const tray = 1;\n",
    "chat/chat.js": 'import "./outbox.js";\nimport { tray } from "./tray.js";\n',
    "desk/conversation.js": 'import { tray } from "../chat/tray.js";\n',
    "library/ws.js": '/** @type {import("../nowhere").Thing} */\nimport a from "./b.js";\n',
}


def deploy(folder: Path, **changed: str) -> dict[str, str]:
    """Collect the files, with some of them changed, and return the name under which each is served."""
    storage = ModuleStaticFilesStorage(location=folder, base_url="/static/")
    sources = SOURCES | {f"chat/{name}.js": source for name, source in changed.items()}
    for name, source in sources.items():
        storage.delete(name)
        storage.save(name, ContentFile(source))
    for _, _, processed in storage.post_process({name: (storage, name) for name in sources}):
        if isinstance(processed, Exception):
            raise processed
    return storage.hashed_files


def test_a_script_imports_others_by_the_names_of_their_contents(tmp_path: Path) -> None:
    names = deploy(tmp_path)

    outbox, tray = (Path(names[f"chat/{name}.js"]).name for name in ("outbox", "tray"))
    served = (tmp_path / names["chat/chat.js"]).read_text()
    assert served == f'import "./{outbox}";\nimport {{ tray }} from "./{tray}";\n'
    assert Path(names["chat/page.js"]).name in (tmp_path / names["chat/outbox.js"]).read_text()
    desk = (tmp_path / names["desk/conversation.js"]).read_text()
    assert desk == f'import {{ tray }} from "../chat/{tray}";\n'


def test_a_change_gives_a_new_name_to_all_that_import_it_and_to_nothing_else(tmp_path: Path) -> None:
    before = deploy(tmp_path)

    after = deploy(tmp_path, page="export const words = 2;\n")

    changed = {name for name in SOURCES if before[name] != after[name]}
    assert changed == {"chat/page.js", "chat/outbox.js", "chat/chat.js"}
    assert all((tmp_path / name).exists() for name in before.values()), (
        "a page that is open keeps its scripts"
    )


def test_an_import_that_leads_nowhere_fails_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        deploy(tmp_path, tray='import { x } from "./nowhere.js";\n')


def test_half_of_a_file_is_not_kept_lest_the_next_time_it_passes_for_unmodified(tmp_path: Path) -> None:
    def fill_disk() -> Iterator[bytes]:
        yield b"export const "
        raise OSError(errno.ENOSPC, "No space left on device")

    storage = ModuleStaticFilesStorage(location=tmp_path, base_url="/static/")
    source: Any = ContentFile("")
    source.chunks = fill_disk

    with pytest.raises(OSError, match="No space left"):
        storage.save("chat/page.js", source)

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_no_page_is_served_whose_files_are_of_an_earlier_version(tmp_path: Path) -> None:
    storage = ModuleStaticFilesStorage(location=tmp_path, base_url="/static/")
    storage.hashed_files = {path: path for finder in get_finders() for path, _source in finder.list([])}
    check_static_files(storage)

    del storage.hashed_files["chat/chat.js"]

    with pytest.raises(CommandError, match=r"chat/chat\.js is not collected yet"):
        check_static_files(storage)


def test_the_scripts_of_libraries_are_served_as_they_are(tmp_path: Path) -> None:
    names = deploy(tmp_path)

    assert (tmp_path / names["library/ws.js"]).read_text() == SOURCES["library/ws.js"]


def test_a_process_of_the_earlier_version_serves_the_scripts_that_a_page_of_the_new_one_names(
    tmp_path: Path, settings: Any
) -> None:
    settings.STATIC_ROOT, settings.WHITENOISE_AUTOREFRESH, settings.WHITENOISE_USE_FINDERS = (
        tmp_path,
        False,
        False,
    )
    before = deploy(tmp_path)
    serve = StaticFilesMiddleware(lambda _request: HttpResponse(status=404))

    after = deploy(tmp_path, page="export const words = 2;\n")

    def ask(name: str) -> Any:
        return serve(RequestFactory().get(f"/static/{name}"))

    for name in {*before.values(), *after.values()}:
        assert b"".join(ask(name)) == (tmp_path / name).read_bytes()
    assert [ask(name).status_code for name in ("chat/none.js", "chat/", "../secret", "a\0b")] == [404] * 4
