#!/usr/bin/env bash
# Runs the tests of the Nacos rooms beside a real server, without and with a login. Those that are true of a real server
# use it: they have "Conformance" or "Real" in their name. A test may skip itself in one of the two runs, but not in both.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Run by nacos.sh, which tells the address in NACRE_NACOS_ADDR. Adds the names of what passed to the file $2.
if [ "${1:-}" = --against ]; then
  status=0
  # One package at a time: a burst of thousands of configs in one keeps the server from showing those of another for a quarter of a minute.
  # A login changes how a server is reached. It has nothing to do with fleets of processes, with bursts, with releases that
  # are killed, and with a thousand documents, which take minutes.
  packages=(./providers/nacos/...) skip=() day=Real
  if [ -n "${NACRE_NACOS_USERNAME:-}" ]; then
    packages=(./providers/nacos ./providers/nacos/internal/fakenacos/... ./providers/nacos/nacosonce)
    skip=(-skip '^TestReal(Processes|Storm|Burst|Conformance)$')
    day='^TestRealDay$/^day$'
  fi
  output=$(go test -count=1 -v -p 1 "${skip[@]}" "${packages[@]}" 2>&1) || status=$?
  if [ "$status" != 0 ]; then
    # Of the packages that failed, what is not about tests that passed.
    awk '{ text = text "\n" $0 } /^ok[ \t]/ { text = "" } /^FAIL\t/ { print text; text = "" }' <<<"$output" |
      grep -vE '^(=== |\s*--- (PASS|SKIP)|PASS$)|NACRE_NACOS_' | tail -n 100
    exit "$status"
  fi
  grep -E '^ok' <<<"$output"
  sed -n 's/^--- PASS: \(\S*\) .*/\1/p' <<<"$output" >>"$2"
  # The traces, and the command, which are tests of modules of their own: its working day, and its releases, of which that
  # of a thousand documents has bounds of time.
  for module in ci/otlptest cmd/nacre; do
    run=Real
    [ "$module" != cmd/nacre ] || run=$day
    output=$(go -C "$module" test -count=1 -v -p 1 -run "$run" ./... 2>&1) || status=$?
    if [ "$status" != 0 ] || grep -q -- '--- SKIP' <<<"$output"; then
      tail -n 60 <<<"$output"
      exit 1
    fi
    grep -E '^ok' <<<"$output" | grep -v 'no tests to run'
    grep -oE '[0-9]+ documents planned in .*|nacre (plan|apply) took .*' <<<"$output" || true
  done
  exit
fi

passed=$(mktemp)
trap 'rm -f "$passed"' EXIT
# Those that want a cluster are run by chaos.sh, or by hand, and those that want a Nacos 3 by test3.sh.
wanted=$(go test -list '^Test' ./providers/nacos/... | sed -n '/^Test/p' |
  sed -E '/^TestReal(Chaos|Divergence|Bursts|Soak|Matching|MatchingRights)$/d' | sort -u)
grep -qE 'Conformance|Real' <<<"$wanted" || { echo "there is no test for a real server"; exit 1; }

bash ci/nacos/nacos.sh run bash ci/nacos/test.sh --against "$passed"
bash ci/nacos/nacos.sh run --auth bash ci/nacos/test.sh --against "$passed"

missing=$(comm -23 <(echo "$wanted") <(sort -u "$passed"))
if [ -n "$missing" ]; then
  printf 'skipped without a login and with one:\n%s\n' "$missing"
  exit 1
fi
echo "$(grep -cE 'Conformance|Real' <<<"$wanted") tests passed on a real server"
