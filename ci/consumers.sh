#!/usr/bin/env bash
# Builds four users of this module, outside of it: of files alone and of Nacos, each without a grpc of their own and with
# a new one. It finds what the module cannot see of itself: a go.mod that others cannot build with ("ambiguous import"),
# and packages that a user of files alone would compile.
set -euo pipefail
shopt -s inherit_errexit

module=github.com/nacre-go/nacre
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The newest release when this was written. Raise it now and then; a floating one would break builds that changed nothing.
new_grpc=v1.85.0
# What a program of files and environment must not compile.
unwanted='^(google\.golang\.org/(grpc|protobuf|genproto)|github\.com/(nacos-group|prometheus|aliyun|alibabacloud-go|knadh|mitchellh|go-viper/mapstructure)|go\.opentelemetry\.io)(/|$)'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOWORK=off

consumer() { # NAME GRPC PACKAGE...
  local name=$1 grpc=$2 p
  shift 2
  mkdir "$work/$name"
  cd "$work/$name"
  {
    echo "package main"
    echo
    for p in "$@"; do echo "import _ \"$p\""; done
    [ -z "$grpc" ] || echo 'import _ "google.golang.org/grpc"'
    echo
    echo "func main() {}"
  } >main.go
  go mod init "example.com/$name" 2>/dev/null
  go mod edit -require "$module@v0.0.0" -replace "$module=$root"
  [ -z "$grpc" ] || go mod edit -require "google.golang.org/grpc@$grpc"
  go mod tidy 2>"$work/tidy" || { cat "$work/tidy"; return 1; }
  go build -o "$work/$name/program" . || return 1
  local compiled third
  compiled=$(go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' .)
  # Finding nothing is no error here.
  third=$(grep -v -e "^example.com/" -e "^$module" <<<"$compiled" || true)
  echo "$name: $(grep -c . <<<"$third") packages of other modules, $(($(wc -c <program) / 1024)) KiB, grpc $(go list -m -f '{{.Version}}' google.golang.org/grpc)"
  if [ "$name" = files ] && grep -E "$unwanted" <<<"$third"; then
    echo "$name compiles the packages above, which a program of files and environment must not"
    return 1
  fi
}

files=("$module" "$module/providers/file" "$module/providers/env")
consumer files "" "${files[@]}"
consumer files-grpc "$new_grpc" "${files[@]}"
consumer nacos "" "${files[@]}" "$module/providers/nacos"
consumer nacos-grpc "$new_grpc" "${files[@]}" "$module/providers/nacos"
