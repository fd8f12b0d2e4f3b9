"""Real servers for tests, each with throw-away data on a free port and ended whatever happens.

    with postgresql() as databases, redis() as layer:
        site = Site(folder, databases.create("shop"), REDIS_URL=layer)
        site.manage("migrate")
        with site:
            ...                                   # anything that talks to site.url

`fixtures` has sites for tests that want nothing special.
"""

from .processes import free_port, wait_until
from .programs import need
from .site import Site
from .stores import PostgreSQL, postgresql, redis

__all__ = ["PostgreSQL", "Site", "free_port", "need", "postgresql", "redis", "wait_until"]
