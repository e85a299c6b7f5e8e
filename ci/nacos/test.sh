#!/usr/bin/env bash
# Runs the tests that are true of a real Nacos server against one, without and with a login. They are those with
# "Conformance" or "Real" in their name; each may skip itself in one of the two runs, but not in both.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

names='^Test.*(Conformance|Real)'

# Run by nacos.sh, which tells the address in NACRE_NACOS_ADDR. Adds the names of what passed to the file $2.
if [ "${1:-}" = --against ]; then
  status=0
  output=$(go test -count=1 -v -run "$names" ./providers/nacos/... 2>&1) || status=$?
  if [ "$status" != 0 ]; then
    grep -vE '^(=== |\s*--- (PASS|SKIP))' <<<"$output" | tail -n 60
    exit "$status"
  fi
  grep -E '^(ok|FAIL)' <<<"$output"
  sed -n 's/^--- PASS: \(\S*\) .*/\1/p' <<<"$output" >>"$2"
  echo "$(grep -c '^--- PASS' <<<"$output") passed, $(grep -c '^--- SKIP' <<<"$output" || true) skipped"
  exit
fi

passed=$(mktemp)
trap 'rm -f "$passed"' EXIT
wanted=$(go test -list "$names" ./providers/nacos/... | sed -n '/^Test/p' | sort -u)
[ -n "$wanted" ] || { echo "there is no test for a real server"; exit 1; }

bash ci/nacos/nacos.sh run bash ci/nacos/test.sh --against "$passed"
bash ci/nacos/nacos.sh run --auth bash ci/nacos/test.sh --against "$passed"

missing=$(comm -23 <(echo "$wanted") <(sort -u "$passed"))
if [ -n "$missing" ]; then
  printf 'skipped without a login and with one:\n%s\n' "$missing"
  exit 1
fi
echo "each of the $(wc -l <<<"$wanted") tests for a real server passed against one"
