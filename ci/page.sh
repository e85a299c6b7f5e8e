#!/usr/bin/env bash
# The debug page and the actions of operators in a real browser. NACRE_ARTEFACTS is the folder for the pictures; without it they go to a temporary one.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

browser=
for name in chromium chromium-browser google-chrome; do
  ! command -v "$name" >/dev/null || { browser=$name; break; }
done
[ -n "$browser" ] || { echo "there is no chromium: install Debian's package of that name" >&2; exit 1; }
out=${NACRE_ARTEFACTS:-$(mktemp -d)}
mkdir -p "$out"
go run ./ci/page -browser "$browser" -out "$out"
