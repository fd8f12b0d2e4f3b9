"""A mail server's pipe: a mail is stored, or the mail server keeps it; only one that is too large goes back."""

import io
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.db import OperationalError

from supportbot.conversations.models import Message
from supportbot.environment.reader import read_environment
from supportbot.mail.models import IncomingMail
from tests.mail.mails import build_answer
from tests.server.environments import read_settings

ROOT = Path(__file__).resolve().parents[2]
EXECUTE = "django.core.management.execute_from_command_line"


@pytest.mark.django_db
@pytest.mark.usefixtures("mail_settings")
class TestCommand:
    def bring(self, monkeypatch: Any, raw: bytes) -> int:
        monkeypatch.setattr("sys.stdin", Mock(buffer=io.BytesIO(raw)))
        try:
            call_command("receive_mail")
        except SystemExit as ended:
            return int(ended.code or 0)
        return os.EX_OK

    def test_a_mail_is_taken(self, monkeypatch):
        raw = build_answer(None, "gus@example.org", "Hi").as_bytes()
        assert self.bring(monkeypatch, raw) == os.EX_OK
        assert Message.objects.filter(text="Hi", channel="mail").count() == 1

    def test_one_that_cannot_be_stored_is_brought_again(self, monkeypatch, caplog):
        monkeypatch.setattr(
            "supportbot.mail.management.commands.receive_mail.take_mail",
            Mock(side_effect=OperationalError("secret words")),
        )
        assert self.bring(monkeypatch, b"From: a@b.org\n\nHi") == os.EX_TEMPFAIL
        assert "secret" not in caplog.text

    def test_one_that_is_too_large_is_returned_with_words(self, monkeypatch, capsys):
        for where in ("management.commands.receive_mail", "size_limit"):
            monkeypatch.setattr(f"supportbot.mail.{where}.MAX_MAIL_BYTES", 1024 * 1024)
        raw = build_answer(None, "gus@example.org", "x" * 1_100_000).as_bytes()
        assert self.bring(monkeypatch, raw) == os.EX_DATAERR
        assert "larger than 1 MB" in capsys.readouterr().err
        assert IncomingMail.objects.get().outcome == "too_large"

    def test_nothing_is_taken_while_a_setting_cannot_be_read(self, monkeypatch, settings, caplog):
        settings.ENVIRONMENT_PROBLEMS = {"DATABASE_URL": "DATABASE_URL: Input should look like …"}
        raw = build_answer(None, "gus@example.org", "Hi").as_bytes()
        assert self.bring(monkeypatch, raw) == os.EX_TEMPFAIL
        assert not IncomingMail.objects.exists()
        assert [each.getMessage() for each in caplog.records] == [
            "A mail must wait until these settings can be read: DATABASE_URL"
        ]


class TestProgram:
    def run(self, monkeypatch: Any, execute: Any, *arguments: str) -> Any:
        monkeypatch.setattr(EXECUTE, execute)
        monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
        try:
            runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
        except SystemExit as ended:
            return ended.code
        return 0

    @pytest.mark.parametrize(
        "failure",
        [
            ImportError("no cleanup"),
            SyntaxError(),
            MemoryError(),
            KeyboardInterrupt(),
            SystemExit(1),
            SystemExit(2),
            SystemExit("in words"),
        ],
    )
    def test_whatever_ends_it_before_it_has_begun_the_mail_is_brought_again(
        self, monkeypatch, failure: BaseException, capsys
    ):
        assert self.run(monkeypatch, Mock(side_effect=failure), "receive_mail") == os.EX_TEMPFAIL
        if isinstance(failure, ImportError):
            assert "no cleanup" in capsys.readouterr().err

    @pytest.mark.parametrize("code", [None, os.EX_OK, os.EX_DATAERR, os.EX_TEMPFAIL])
    def test_its_own_exit_codes_are_kept(self, monkeypatch, code):
        assert self.run(monkeypatch, Mock(side_effect=SystemExit(code)), "receive_mail") == code

    def test_other_commands_end_as_they_always_did(self, monkeypatch):
        assert self.run(monkeypatch, Mock(side_effect=SystemExit(1)), "check", "receive_mail") == 1
        with pytest.raises(ImportError):
            self.run(monkeypatch, Mock(side_effect=ImportError), "check")

    def test_a_mail_waits_while_an_update_has_brought_half_of_the_files(self, tmp_path):
        shutil.copy(ROOT / "manage.py", tmp_path)
        program = [sys.executable, str(tmp_path / "manage.py"), "receive_mail"]
        done = subprocess.run(
            program, input=b"From: a@b.org\n\nHi", cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == os.EX_TEMPFAIL
        assert b"supportbot" in done.stderr


class TestEnvironment:
    def test_no_other_database_is_taken_for_one_whose_address_cannot_be_read(self):
        [databases] = read_settings({"DATABASE_URL": "mysql://shop@host/name"}, "DATABASES")
        assert databases["default"]["NAME"] == ":memory:"

    @pytest.mark.parametrize(
        ("content", "name", "problems"),
        [
            (b"COMPANY_NAME=B\xc3\xa4r", "Bär", {}),
            (b"\xef\xbb\xbfCOMPANY_NAME=B\xc3\xa4r", "Bär", {}),
            (b"COMPANY_NAME=B\xe4r", "TechCorp", {".env": ".env cannot be read: it is not UTF-8."}),
        ],
    )
    def test_a_file_of_settings_that_cannot_be_read_is_told(
        self, monkeypatch, tmp_path, content: bytes, name: str, problems: dict[str, str]
    ):
        file = tmp_path / ".env"
        file.write_bytes(content)
        monkeypatch.setattr("supportbot.environment.reader.ENV_FILE", file)
        environment, found = read_environment()
        assert (environment.company_name, found) == (name, problems)

    def test_a_file_that_nobody_lets_us_read_is_told_with_the_reason(self, monkeypatch):
        refusal = PermissionError(13, "Permission denied")
        file = Mock(is_file=Mock(side_effect=refusal))
        file.name = ".env"
        monkeypatch.setattr("supportbot.environment.reader.ENV_FILE", file)
        assert read_environment()[1] == {".env": ".env cannot be read: Permission denied."}
