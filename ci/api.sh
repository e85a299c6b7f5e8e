#!/usr/bin/env bash
# Checks the exported API: its names against the record in api/ and against the limit on their number, and then, with
# apidiff, the code against the last release. Without a release it compares with the commit that last changed the record.
#
#   bash ci/api.sh            check
#   bash ci/api.sh update     record the API as it is, and the incompatible changes since the last release
#
# Before v1.0.0 an incompatible change is allowed if api/ records it; from v1.0.0 on none is.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

update=no
[ "${1:-}" != update ] || update=yes
accepted=api/incompatible
temp=$(mktemp -d)
cleanup() {
  [ ! -e "$temp/base" ] || git worktree remove --force "$temp/base"
  rm -rf "$temp"
}
trap cleanup EXIT

if [ "$update" = yes ]; then go run ./ci/api -update; else go run ./ci/api; fi

# That the comparison finds what it should, and nothing else, on modules of a few lines.
go -C tools test ./apicompat

if base=$(git describe --tags --match 'v[0-9]*' --abbrev=0 2>/dev/null); then
  released=yes
else
  released=no
  base=$(git log -1 --format=%H -- api)
  if [ -z "$base" ] || [ -n "$(git status --porcelain -- api)" ]; then
    echo "there is no release, and the record differs from the committed one: apidiff has nothing to compare with"
    exit
  fi
fi
echo "apidiff compares with $base"
git worktree add --quiet --detach "$temp/base" "$base"
go -C tools run ./apicompat -skip examples,ci "$temp/base" "$PWD" >"$temp/changes"

if [ "$update$released" = yesyes ]; then
  cp "$temp/changes" "$accepted"
fi
touch "$temp/accepted"
if [ "$released" = yes ] && [[ $base = v0.* ]] && [ -e "$accepted" ]; then
  cp "$accepted" "$temp/accepted"
fi
grep -Fxv -f "$temp/accepted" "$temp/changes" >"$temp/new" || true
if [ -s "$temp/new" ]; then
  echo "incompatible with $base:"
  cat "$temp/new"
  echo "if these changes are meant, record them with 'make api'; from v1.0.0 on they need a new major version"
  exit 1
fi
echo "apidiff found $(wc -l <"$temp/changes") incompatible changes since then, all of them recorded"
