#!/usr/bin/env bash
# Checks that the committed state can be released.
#
#   bash ci/release.sh            what a user gets from a proxy builds, runs, and has the licence
#   bash ci/release.sh v0.1.0     the same as this version, and that everything is ready for its tag
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:-}
module=$(go list -m)
mapfile -t nested < <(git ls-files -- '*/go.mod' | xargs -n 1 dirname)
work=$(mktemp -d)
cleanup() {
  rm -rf "$work"
}
trap cleanup EXIT

ready() {
  local wrong=()
  [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || wrong+=("$version is not a version like v0.1.0")
  [ -z "$(git status --porcelain)" ] || wrong+=("there are changes that are not committed")
  ! git rev-parse -q --verify "refs/tags/$version" >/dev/null || wrong+=("there is a tag $version")
  grep -Eq "^## \[${version#v}\] - [0-9]{4}-[0-9]{2}-[0-9]{2}\$" CHANGELOG.md ||
    wrong+=("CHANGELOG.md has no heading \"## [${version#v}] - YYYY-MM-DD\"")
  [ -z "$(awk '/^## \[Unreleased\]/ { on = 1; next } /^## / { on = 0 } on && NF' CHANGELOG.md)" ] ||
    wrong+=("CHANGELOG.md still lists changes under Unreleased")
  [ ${#wrong[@]} -eq 0 ] || { printf 'not ready: %s\n' "${wrong[@]}"; return 1; }
}

# The module as a proxy serves it. The caches are new for this module; the other modules come from the usual cache, whose
# checksums the step modules verifies.
served() {
  local as=${version:-v0.0.1-check} cache proxy
  cache=$(go env GOMODCACHE)
  proxy=$(go env GOPROXY)
  go -C tools run ./modproxy -dir "$PWD" -version "$as" -out "$work/proxy"
  mkdir "$work/user"
  cd "$work/user"
  export GOMODCACHE=$work/modules GOWORK=off GOSUMDB=off GOPRIVATE='' GONOPROXY=none GOFLAGS=-modcacherw
  export GOPROXY=file://$work/proxy,file://$cache/cache/download,$proxy

  echo "a user requires it"
  go mod init example.com/user 2>/dev/null
  printf 'package main\n\nimport _ "%s"\n\nfunc main() {}\n' "$module" >main.go
  go get "$module@$as" 2>/dev/null
  go mod tidy 2>/dev/null
  go build -o user .
  [ "$(go list -m "$module")" = "$module $as" ] || { echo "go list -m says $(go list -m "$module")"; return 1; }

  echo "a reader runs the quickstart"
  cd "$work"
  GOBIN=$work go install "$module/examples/quickstart@$as"
  timeout 120 ./quickstart -once >output || { cat output; return 1; }

  local folder name
  folder=$work/modules/$module@$as
  for name in LICENSE README.md CHANGELOG.md SECURITY.md; do
    [ -s "$folder/$name" ] || { echo "$name is not in the module"; return 1; }
  done
  for name in "${nested[@]}"; do
    [ ! -e "$folder/$name" ] || { echo "the nested module $name is in the module"; return 1; }
  done
}

if [ -n "$version" ]; then ready; fi
(served)
echo "ok: $(git rev-parse --short HEAD)${version:+ can be tagged $version}"
