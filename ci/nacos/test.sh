#!/usr/bin/env bash
# Runs the tests of the Nacos provider against a real server, without and with a login. Fails when no test used it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Run by nacos.sh, which tells the address in NACRE_NACOS_ADDR.
if [ "${1:-}" = --against ]; then
  status=0
  output=$(go test -count=1 -v ./providers/nacos/... 2>&1) || status=$?
  grep -E '^(ok|FAIL|panic|---|    ---.*FAIL)' <<<"$output" | grep -v -e '^--- PASS' -e '^=== ' | tail -n 40 || true
  if [ "$status" != 0 ]; then tail -n 60 <<<"$output"; exit "$status"; fi
  real=$(grep -cE '^--- PASS: Test\w*Real' <<<"$output" || true)
  if grep -E '^--- SKIP: Test\w*Real' <<<"$output" || [ "$real" = 0 ]; then
    echo "a test that wants the real server was skipped, or there is none"
    exit 1
  fi
  echo "$real tests against the server at $NACRE_NACOS_ADDR"
  exit
fi

bash ci/nacos/nacos.sh run bash ci/nacos/test.sh --against
bash ci/nacos/nacos.sh run --auth bash ci/nacos/test.sh --against
