"""Loads the libraries of the product, for the process that its programs are forked from (`tests/servers/forked.py`).

Only libraries, and of ours the engine, whose patterns take a third of a start to compile: nothing that reads settings,
and no event loop.
"""

import gc
from importlib import import_module

LIBRARIES = (
    *(
        "autobahn.twisted.websocket",
        "channels.generic.websocket",
        "cryptography.x509",
    ),
    *("daphne.ws_protocol", "django.core.management", "django.core.serializers.json", "django.db.models"),
    *(
        "django.db.backends.postgresql.base",
        "django.db.backends.sqlite3.base",
        "django.db.migrations.executor",
    ),
    *("django.forms", "django.template.loader", "django.urls", "django.views.generic", "holidays", "httpx2"),
    *("markdown_it", "nh3", "openai", "OpenSSL.SSL", "PIL.Image", "psycopg", "pydantic_settings"),
    *("supportbot.assistant", "supportbot.assistant.backends.chat", "supportbot.assistant.images"),
    *(
        "redis.asyncio",
        "twisted.internet.asyncioreactor",
        "twisted.web.http",
        "uvloop",
        "whitenoise.middleware",
    ),
)

gc.disable()
for library in LIBRARIES:
    import_module(library)
gc.freeze()  # nobody who is forked need look through them for garbage
gc.enable()
