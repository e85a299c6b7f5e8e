#!/usr/bin/env bash
# Runs what a real Nacos must pass on a Nacos 3: open, with a login, as it ships, and a cluster of three. No registry has the
# server, so it must have been built by nacos3.sh, or NACOS3_SOURCE must name its source; else the status is 75, "not run".
#
#   test3.sh [MODE...]   these modes only: open, auth, shipped, cluster
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Run by nacos3.sh, which tells the address in NACRE_NACOS_ADDR, or the addresses in NACRE_NACOS_CLUSTER.
if [ "${1:-}" = --against ]; then
  packages=(./providers/nacos ./providers/nacos/nacossdk/... ./providers/nacos/nacosonce)
  if [ -n "${NACRE_NACOS_CLUSTER:-}" ]; then
    NACRE_NACOS_ADDR=${NACRE_NACOS_CLUSTER%%,*} go test -count=1 -p 1 -run 'Conformance|Real|/real' "${packages[@]}"
    go test -count=1 -timeout 10m -run '^TestReal(Divergence|Bursts|Chaos)$' ./providers/nacos/chaostest
    exit
  fi
  go test -count=1 -p 1 "${packages[@]}"
  go test -count=1 -p 1 -run 'Conformance.*/real' ./providers/nacos/internal/fakenacos/...
  # The command uses the administrators' interface, which asks for a login as a 3.x ships too.
  export NACRE_NACOS_USERNAME=${NACRE_NACOS_USERNAME:-${NACRE_NACOS_ADMIN:-}}
  go -C ci/otlptest test -count=1 -run Real ./...
  go -C cmd/nacre test -count=1 -p 1 -run Real ./...
  exit
fi

if ! bash ci/nacos/nacos3.sh built; then
  if [ -z "${NACOS3_SOURCE:-}" ]; then
    echo "not run: there is no Nacos 3 here; build one with: bash ci/nacos/nacos3.sh build SOURCE, or name its source in NACOS3_SOURCE"
    exit 75
  fi
  bash ci/nacos/nacos3.sh build "$NACOS3_SOURCE"
fi
[ $# -gt 0 ] || set -- open auth shipped cluster
failed=()
for mode in "$@"; do
  option=()
  [ "$mode" = open ] || option=("--$mode")
  bash ci/nacos/nacos3.sh run "${option[@]}" bash ci/nacos/test3.sh --against || failed+=("$mode")
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
