"""Runs a command with a throw-away PostgreSQL as the site's database.

python -m tests.servers python -m pytest tests/desk
"""

import os
import subprocess
import sys

from .stores import postgresql

with postgresql() as cluster:
    ended = subprocess.run(
        sys.argv[1:], env={**os.environ, "DATABASE_URL": cluster.create("main")}, check=False
    )
sys.exit(ended.returncode)
