"""Loads the libraries of the product, for the process that its programs are forked from (`tests/servers/forked.py`).

Only libraries, and of ours what takes long and is the same for every site, for the most part patterns to compile:
nothing that reads settings, and no event loop.
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
    *("django.contrib.admin.options", "django.views.debug"),
    *("django.forms", "django.template.loader", "django.urls", "django.views.generic", "holidays", "httpx2"),
    *("markdown_it", "nh3", "openai", "OpenSSL.SSL", "PIL.Image", "psycopg", "pydantic_settings"),
    *("supportbot.assistant", "supportbot.assistant.backends.chat", "supportbot.assistant.images"),
    *("supportbot.assistant.conversation_events", "supportbot.assistant.dashboard_numbers"),
    *("supportbot.conversations.realtime.language", "supportbot.conversations.realtime.markdown"),
    *("supportbot.dashboard.counts", "supportbot.dashboard.reports", "supportbot.environment"),
    *("orders.contacts", "orders.exports.code_pages", "orders.exports.signs", "orders.exports.times"),
    *("supportbot.assistant.customer_records", "supportbot.conversations.card_numbers"),
    *("supportbot.demo.backend", "supportbot.mail.incoming.automatic_subjects"),
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
