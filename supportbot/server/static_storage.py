"""Static files named by their contents, also where one of our scripts imports another.

A name that is served once never has other contents, so browsers keep it for ever. A script that changes gets a
new name, and so does every script that imports it: a page cannot mix scripts of two versions.

Django can do this for all files (`support_js_module_import_aggregation`), but that fails on libraries whose
comments look like imports, as those of htmx do. So it is done for our own scripts alone.
"""

from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (
    r"""(?P<matched>(?P<keyword>from|import) "(?P<url>\.\.?/[^"]+)")""",
    '%(keyword)s "%(url)s"',
)


OWN_SCRIPTS = ("chat/*.js", "desk/*.js", "dashboard/*.js")


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((scripts, (IMPORTS,)) for scripts in OWN_SCRIPTS),
    )
    # Each pass may name only one more level of importing scripts, and ours are nine levels deep.
    max_post_process_passes = 12

    def _save(self, name: str, content: Any) -> str:
        """A file has its name once it is whole: half of one the next `collectstatic` would take for unmodified."""
        part = f"{name}.part"
        self.delete(part)  # of a process that was killed
        try:
            super()._save(part, content)
            Path(self.path(part)).replace(self.path(name))
        finally:
            self.delete(part)
        return name
