#!/usr/bin/env bash
# Checks that the subjects of the newest commits have the form "package: what it does". With "-" it reads subjects.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

subjects() {
  if [ "${1:-}" = - ]; then cat; else git log --no-merges --max-count=30 --format=%s; fi
}

path='[A-Za-z0-9_.*/-]+'
wrong=$(subjects "$@" | grep -Ev -e "^$path(, $path)*: [^ ].*[^. ]\$" -e '^Revert "' || true)
if [ -n "$wrong" ]; then
  printf 'subjects without the form "package: what it does", or with a full stop at the end:\n%s\n' "$wrong"
  exit 1
fi
