#!/usr/bin/env bash
# Sees to the programs that the tests play with: Chromium, PostgreSQL, Redis, Dovecot and gettext. As root on Debian and Ubuntu
# it installs what is missing; elsewhere the tests use what they find and say what they left out. With the word `packages`
# it does only what needs no virtual environment.
set -euo pipefail
shopt -s nullglob

has() {
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}

has_chromium() {
    local own=("${PLAYWRIGHT_BROWSERS_PATH:-${HOME:-/root}/.cache/ms-playwright}"/chromium*)
    has chromium google-chrome google-chrome-stable chromium-browser || [ "${#own[@]}" -gt 0 ]
}

has_postgresql() {
    local versions=(/usr/lib/postgresql/*/bin/initdb)
    { has initdb && has postgres; } || [ "${#versions[@]}" -gt 0 ]
}

missing() {
    has_chromium || echo chromium
    has_postgresql || echo postgresql
    has redis-server || echo redis-server
    has dovecot /usr/sbin/dovecot || echo dovecot-imapd
    has msgfmt || echo gettext
}

# RUNLEVEL=1 keeps the packages from starting their services: the tests start their own.
apt() {
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

install() {
    echo "Installing for the tests: $* …"
    # The lists of a fresh machine are empty or old, so a failure may only mean that.
    apt install --yes --no-install-recommends "$@" 2>/dev/null ||
        { apt update && apt install --yes --no-install-recommends "$@"; }
}

may_install() {
    [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && has apt-get
}

if may_install; then
    for package in $(missing); do
        case $package in
        chromium) install chromium fonts-liberation || true ;;
        *) install "$package" || true ;;
        esac
    done
fi

if [ "${1:-}" = packages ]; then
    exit
fi

# Ubuntu has no package of Chromium, only a snap; Playwright brings a build of its own.
if may_install && ! has_chromium; then
    .venv/bin/python -m playwright install --with-deps chromium >/dev/null || true
fi

if [ "${CI:-}" = true ] && [ -n "$(missing)" ]; then
    echo "These programs are missing and could not be installed:" $(missing) >&2
    exit 1
fi
