#!/usr/bin/env bash
# Runs every fuzz target of the module, and of those that are released with it, for some seconds each: fuzz.sh SECONDS
set -euo pipefail
shopt -s inherit_errexit

seconds=${1:?SECONDS}

# Prints what the target said. The fuzzer now and then takes the end of its own time for a failure, without an input that
# fails; then it runs once more.
run() { # MODULE PACKAGE TARGET
  local output try
  for try in 1 2; do
    if output=$(go -C "$1" test -run '^$' -fuzz "^$3\$" -fuzztime "${seconds}s" "$2" 2>&1 </dev/null); then
      break
    elif [ "$try" = 2 ] || ! grep -q 'context deadline exceeded' <<<"$output" || grep -q 'Failing input written' <<<"$output"; then
      echo "$output"
      return 1
    fi
  done
  echo "$output"
}

found=0
failed=()
# "go test -list" prints the names of a package's targets, then a line with the package itself.
listing=""
for module in . $(git ls-files -- 'observe/*/go.mod' | xargs -n 1 dirname); do
  listing+="module $module"$'\n'$(go -C "$module" test -list '^Fuzz' ./...)$'\n'
done
while read -r module package target; do
  found=$((found + 1))
  began=$SECONDS
  if output=$(run "$module" "$package" "$target"); then
    echo "$package $target: $(grep -o 'execs: [0-9]*' <<<"$output" | tail -n 1), $((SECONDS - began)) s"
  else
    echo "$package $target: FAILED"
    tail -n 40 <<<"$output"
    failed+=("$package $target")
  fi
done < <(awk '/^module/ {module = $2} /^Fuzz/ {names[++n] = $1} /^ok/ {for (i = 1; i <= n; i++) print module, $2, names[i]; n = 0}' <<<"$listing")

if [ "$found" = 0 ]; then
  echo "no fuzz target was found: the listing must have changed its form"
  exit 1
fi
if [ ${#failed[@]} -gt 0 ]; then
  echo "inputs that fail, to be kept as test data once what they show is mended:"
  git ls-files --others --exclude-standard -z -- '*/testdata/fuzz/*' | xargs -0 -r tail -n +1
fi
echo "$found fuzz targets, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
