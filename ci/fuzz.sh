#!/usr/bin/env bash
# Runs every fuzz target of the module for some seconds each: fuzz.sh SECONDS
set -euo pipefail
shopt -s inherit_errexit

seconds=${1:?SECONDS}
found=0
failed=()
# "go test -list" prints the names of a package's targets, then a line with the package itself.
listing=$(go test -list '^Fuzz' ./...)
while read -r package target; do
  found=$((found + 1))
  began=$SECONDS
  if output=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" "$package" 2>&1); then
    echo "$package $target: $(grep -o 'execs: [0-9]*' <<<"$output" | tail -n 1), $((SECONDS - began)) s"
  else
    echo "$package $target: FAILED"
    tail -n 40 <<<"$output"
    failed+=("$package $target")
  fi
done < <(awk '/^Fuzz/ {names[++n] = $1} /^ok/ {for (i = 1; i <= n; i++) print $2, names[i]; n = 0}' <<<"$listing")

if [ "$found" = 0 ]; then
  echo "no fuzz target was found: the listing must have changed its form"
  exit 1
fi
echo "$found fuzz targets, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
