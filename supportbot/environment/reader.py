"""Reads the environment into typed values, and says what in it cannot be read.

A value that cannot be read does not stop the import: its default is used, and the system check
`supportbot.E001` says which variable is wrong and why, in plain words, before anything is served.
"""

from pydantic import ValidationError

from ..addresses import ADDRESS_SCHEMES
from . import ENV_FILE, ENV_FILE_ENCODING, Environment


def read_environment() -> tuple[Environment, dict[str, str]]:
    """The environment's values, and a sentence for each variable that cannot be read, by its name.

    Such a variable has its default then. A `.env` that cannot be read stands there by its own name.
    """
    problems = _find_file_problem()
    file = None if problems else ENV_FILE
    try:
        return Environment(_env_file=file), problems
    except ValidationError as error:
        wrong = {str(each["loc"][0]): each for each in error.errors()}
    # A key, and an address, which may hold a password, are not shown.
    problems |= {
        name.upper(): f"{name.upper()}: {each['msg']}"
        + ("." if _is_secret(name) else f", but it is {each['input']!r}.")
        for name, each in wrong.items()
    }
    # Arguments take precedence over the environment, so what is wrong there is replaced by its default.
    defaults = {name: field.default for name, field in Environment.model_fields.items() if name in wrong}
    return Environment(_env_file=file, **defaults), problems


def _is_secret(name: str) -> bool:
    return name in ADDRESS_SCHEMES or name.endswith(("_key", "_secret", "_token"))


def _find_file_problem() -> dict[str, str]:
    try:
        if ENV_FILE.is_file():
            ENV_FILE.read_text(encoding=ENV_FILE_ENCODING)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return {ENV_FILE.name: f"{ENV_FILE.name} cannot be read: {why}."}
    return {}
