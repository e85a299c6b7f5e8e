#!/usr/bin/env bash
# Runs the chaos suite on a cluster of three real servers, and there, through one node, also what any real server must pass.
# A run is repeated by the seed that it prints: NACRE_CHAOS_SEED=… bash ci/nacos/chaos.sh
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Run by nacos.sh, which tells the addresses in NACRE_NACOS_CLUSTER.
if [ "${1:-}" = --against ]; then
  NACRE_NACOS_ADDR=${NACRE_NACOS_CLUSTER%%,*} go test -count=1 -p 1 -run '^TestReal' ./providers/nacos/ ./providers/nacos/nacosonce
  # What they say is seen as it comes, and they end before the time of a step of CI does.
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  go test -count=1 -timeout 8m -run '^TestReal(Divergence|Bursts|Matching)$' -v ./providers/nacos/chaostest 2>&1 | tee "$log"
  go test -count=1 -timeout 10m -run '^TestRealChaos$' -v ./providers/nacos/chaostest 2>&1 | tee -a "$log"
  # A scenario that was skipped shows nothing.
  if grep -q -- '--- SKIP' "$log" || ! grep -q -- '--- PASS: TestRealChaos/storm' "$log" ||
    ! grep -q -- '--- PASS: TestRealDivergence' "$log" || ! grep -q -- '--- PASS: TestRealBursts' "$log" || ! grep -q -- '--- PASS: TestRealMatching' "$log"; then
    echo "the chaos suite did not run whole"
    exit 1
  fi
  exit
fi

bash ci/nacos/nacos.sh run --cluster bash ci/nacos/chaos.sh --against
