"""The demo model is there to try the product without a key, and it knows enough for that: it does not grow."""

from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent / "supportbot/demo"
# All lines of the model, comments and blank ones included. To teach it something new, make something else shorter.
MAX_LINES = 2_870


def test_the_demo_model_does_not_grow() -> None:
    # The demo shop's accounts, and the command that makes it, are no part of the model.
    shop = ("accounts.py", "checks.py", "apps.py")
    files = [path for path in DEMO.rglob("*.py") if "management" not in path.parts and path.name not in shop]

    lines = sum(len(path.read_text().splitlines()) for path in files)

    assert DEMO / "decide.py" in files
    assert lines <= MAX_LINES
