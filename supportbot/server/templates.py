"""Loads the templates of the site before it serves."""

import logging
from pathlib import Path
from typing import Any

from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines

logger = logging.getLogger(__name__)

ENDINGS = {".html", ".txt"}


def load_templates() -> None:
    """Load all templates at once, where Django loads each when it is first used.

    Whoever installs a new version writes its templates beside processes that still run the earlier one, and that has
    neither their tags nor what they name. It takes a tenth of a second.
    """
    engine = engines["django"]
    for folder in map(Path, engine.template_dirs):
        for path in folder.rglob("*"):
            if path.suffix in ENDINGS:
                _load_template(engine, path.relative_to(folder).as_posix())


def _load_template(engine: Any, name: str) -> None:
    """One that cannot be loaded, maybe since it is for a library that is not there or may not be read, ends nothing."""
    try:
        engine.get_template(name)
    except (OSError, TemplateDoesNotExist, TemplateSyntaxError, UnicodeDecodeError) as error:
        logger.warning("The template %s cannot be used: %s", name, error)
