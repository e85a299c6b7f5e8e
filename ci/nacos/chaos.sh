#!/usr/bin/env bash
# Runs the chaos suite on a cluster of three real servers, and there, through one node, also what any real server must pass.
# A run is repeated by the seed that it prints: NACRE_CHAOS_SEED=… bash ci/nacos/chaos.sh
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Run by nacos.sh, which tells the addresses in NACRE_NACOS_CLUSTER.
if [ "${1:-}" = --against ]; then
  NACRE_NACOS_ADDR=${NACRE_NACOS_CLUSTER%%,*} go test -count=1 -run 'Conformance|^TestReal' ./providers/nacos/
  output=$(go test -count=1 -timeout 14m -run '^TestRealChaos$' -v ./providers/nacos/chaostest 2>&1) || { printf '%s\n' "$output" | tail -n 80; exit 1; }
  grep -E 'NACRE_CHAOS_SEED|fresh|^ *--- ' <<<"$output"
  # A scenario that was skipped shows nothing.
  if grep -q -- '--- SKIP' <<<"$output" || ! grep -q -- '--- PASS: TestRealChaos/storm' <<<"$output"; then
    echo "the chaos suite did not run whole"
    exit 1
  fi
  exit
fi

bash ci/nacos/nacos.sh run --cluster bash ci/nacos/chaos.sh --against
