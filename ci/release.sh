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
# The nested modules that are released with this one, by a tag of their own on the same commit.
mapfile -t released < <(git ls-files -- 'observe/*/go.mod' 'cmd/*/go.mod' 'fleetonce/*/go.mod' | xargs -n 1 dirname)
# Those of them that are installed with "go install FOLDER@VERSION", which refuses a go.mod with a replace line.
mapfile -t commands < <(git ls-files -- 'cmd/*/go.mod' | xargs -n 1 dirname)
work=$(mktemp -d)
cleanup() {
  rm -rf "$work"
}
trap cleanup EXIT

# The version of this module that a nested one requires, from its go.mod alone: without its replace line the go command would
# look for that version, which is not served yet.
required() { go -C "$1" mod edit -json | awk -v module="\"$module\"," '$1 == "\"Path\":" { path = $2 } $1 == "\"Version\":" && path == module { gsub(/[",]/, "", $2); print $2; exit }'; }

ready() {
  local wrong=() folder
  [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || wrong+=("$version is not a version like v0.1.0")
  [ -z "$(git status --porcelain)" ] || wrong+=("there are changes that are not committed")
  ! git rev-parse -q --verify "refs/tags/$version" >/dev/null || wrong+=("there is a tag $version")
  grep -Eq "^## \[${version#v}\] - [0-9]{4}-[0-9]{2}-[0-9]{2}\$" CHANGELOG.md ||
    wrong+=("CHANGELOG.md has no heading \"## [${version#v}] - YYYY-MM-DD\"")
  [ -z "$(awk '/^## \[Unreleased\]/ { on = 1; next } /^## / { on = 0 } on && NF' CHANGELOG.md)" ] ||
    wrong+=("CHANGELOG.md still lists changes under Unreleased")
  for folder in "${released[@]}"; do
    ! git rev-parse -q --verify "refs/tags/$folder/$version" >/dev/null || wrong+=("there is a tag $folder/$version")
    [ "$(required "$folder")" = "$version" ] || wrong+=("$folder/go.mod requires $module $(required "$folder"); go -C $folder mod edit -require $module@$version")
  done
  for folder in "${commands[@]}"; do
    ! grep -q '^replace ' "$folder/go.mod" || wrong+=("$folder/go.mod has a replace line, with which go install fails; go -C $folder mod edit -dropreplace $module")
  done
  [ ${#wrong[@]} -eq 0 ] || { printf 'not ready: %s\n' "${wrong[@]}"; return 1; }
}

# The commit in a clone, in which the nested modules require the version that is served, and the commands have no replace line, as
# in the commit of a release.
prepared() { # VERSION
  local folder
  git clone -q "$PWD" "$work/repository"
  cd "$work/repository"
  for folder in "${released[@]}"; do go -C "$folder" mod edit -require "$module@$1"; done
  for folder in "${commands[@]}"; do go -C "$folder" mod edit -dropreplace "$module"; done
  git diff --quiet || git -c user.name=check -c user.email=check@localhost commit -qam "go.mod: require $1"
}

# The module as a proxy serves it. The caches are new for this module; the other modules come from the usual cache, whose
# checksums the step modules verifies.
served() {
  local as=${version:-v0.0.1-check} cache proxy folder name
  cache=$(go env GOMODCACHE)
  proxy=$(go env GOPROXY)
  (prepared "$as")
  for folder in "" "${released[@]}"; do
    go -C tools run ./modproxy -dir "$work/repository" -module "$folder" -version "$as" -out "$work/proxy"
  done
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

  for name in "${released[@]}"; do
    case " ${commands[*]} " in
      *" $name "*)
        echo "a user installs $name"
        installs "$as" "$name"
        ;;
      *)
        echo "a user requires $name"
        requires "$as" "$name"
        ;;
    esac
  done

  folder=$work/modules/$module@$as
  for name in LICENSE README.md CHANGELOG.md SECURITY.md; do
    [ -s "$folder/$name" ] || { echo "$name is not in the module"; return 1; }
  done
  for name in "${nested[@]}"; do
    [ ! -e "$folder/$name" ] || { echo "the nested module $name is in the module"; return 1; }
  done
}

# A new module requires a nested one and compiles all of its packages: its replace line does not count, and it brings this module
# in the same version.
requires() { # VERSION FOLDER
  local p
  mkdir -p "$work/user-of/$2"
  cd "$work/user-of/$2"
  go mod init example.com/user 2>/dev/null
  {
    echo "package main"
    for p in $(go -C "$work/repository/$2" list ./... | grep -v -e /internal/ -e 'test$'); do echo "import _ \"$p\""; done
    echo "func main() {}"
  } >main.go
  # Not by "go get", which also asks the network for a module observe, that never was.
  go mod edit -require "$module/$2@$1"
  go mod tidy 2>/dev/null
  go build -o user .
  [ "$(go list -m "$module")" = "$module $1" ] || { echo "go list -m says $(go list -m "$module")"; return 1; }
}

# Go install, as the documentation writes it, gives a program that names its version and shows its help. GONOPROXY is not set for
# it: with it, the go command first looks in its cache alone, where it finds this module without the folder.
installs() { # VERSION FOLDER
  cd "$work"
  GOBIN=$work/bin GOENV=off GONOPROXY='' go install "$module/$2@$1"
  "$work/bin/${2##*/}" --help >/dev/null
  "$work/bin/${2##*/}" version | grep -F " $1 " || { echo "$2 does not name its version $1"; return 1; }
}

if [ -n "$version" ]; then ready; fi
(served)
echo "ok: $(git rev-parse --short HEAD)${version:+ can be tagged $version}"
