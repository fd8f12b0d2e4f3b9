"""Static files named by their contents, also where one of our scripts imports another.

A name that is served once never has other contents, so browsers keep it for ever. A script that changes gets a
new name, and so does every script that imports it: a page cannot mix scripts of two versions.

Django can do this for all files (`support_js_module_import_aggregation`), but that fails on libraries whose
comments look like imports, as those of htmx do. So it is done for the chat's own scripts alone.
"""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (
    r"""(?P<matched>(?P<keyword>from|import) "(?P<url>\./[^"]+)")""",
    '%(keyword)s "%(url)s"',
)


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("chat/*.js", (IMPORTS,)))
    # Each pass may name only one more level of importing scripts, and ours are eight levels deep.
    max_post_process_passes = 12
