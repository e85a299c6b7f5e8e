#!/usr/bin/env bash
# Runs every fuzz target of the module, and of those that are released with it, for some seconds each: fuzz.sh SECONDS
set -euo pipefail
shopt -s inherit_errexit

seconds=${1:?SECONDS}

# Prints what the target said.
#
# By default the fuzzer spends up to a minute on shortening each input that reaches new code, which is more than it has
# here; a hundred tries leave the time for new inputs.
#
# A Go before 1.27 now and then takes the end of the fuzzer's own time for a failure, without an input that fails
# (go.dev/issue/75804). Then the target runs again for a number of inputs, which no clock ends. It must finish in time: an
# input on which the target hangs looks the same at first.
run() { # MODULE PACKAGE TARGET
  local output
  if ! output=$(fuzz "$@" "${seconds}s"); then
    if grep -q 'context deadline exceeded' <<<"$output" && ! grep -q 'Failing input written' <<<"$output"; then
      fuzz "$@" "$((seconds * 500))x"
      return
    fi
    echo "$output"
    return 1
  fi
  echo "$output"
}

fuzz() { # MODULE PACKAGE TARGET TIME
  timeout "$((seconds * 10 + 120))" \
    go -C "$1" test -run '^$' -fuzz "^$3\$" -fuzztime "$4" -fuzzminimizetime 100x "$2" 2>&1 </dev/null
}

found=0
failed=()
# "go test -list" prints the names of a package's targets, then a line with the package itself.
listing=""
for module in . $(git ls-files -- 'observe/*/go.mod' 'cmd/*/go.mod' 'fleetonce/*/go.mod' | xargs -n 1 dirname); do
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
