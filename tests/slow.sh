#!/usr/bin/env bash
# The longer studies: run in the environment the tests run in (about five minutes on 2 cores).
set -euo pipefail
cd "$(dirname "$0")/.."
exec "${PYTEST:-.venv/bin/pytest}" -m slow --timeout 3600 "$@"
