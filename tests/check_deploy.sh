#!/usr/bin/env bash
# Django's deployment checks and our own, with the environment of a real deployment: not one warning.
set -euo pipefail
cd "$(dirname "$0")/.."

export DEBUG=0
export SECRET_KEY="$(.venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))')"
export ALLOWED_HOSTS=help.example.com
export CSRF_TRUSTED_ORIGINS=https://help.example.com
export DATABASE_URL=postgres://supportbot:placeholder@database/supportbot
export REDIS_URL=redis://redis:6379/0
export BEHIND_PROXY=1
export HOST=0.0.0.0
export XAI_API_KEY=placeholder

.venv/bin/python manage.py check --deploy --fail-level WARNING >/dev/null
