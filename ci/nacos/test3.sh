#!/usr/bin/env bash
# Runs what a real Nacos must pass on a Nacos 3: open, with a login, as it ships, and a cluster of three. No registry has the
# server, so it must have been built by nacos3.sh, or NACOS3_SOURCE must name its source; else the status is 75, "not run".
#
#   test3.sh [MODE...]        what differs between the modes: open, auth, shipped, cluster
#   test3.sh full [MODE...]   everything in each of these modes, with the chaos suite on the cluster
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Prints a pattern for the tests of these packages that use a real server: all of TestReal…, and of others the subtest "real".
real() { # FOLDER...
  local folder names files=()
  for folder in "$@"; do files+=("$folder"/*_test.go); done
  names=$(awk '
    /^func / { name = "" }
    /^func Test/ { name = $2; sub(/\(.*/, "", name) }
    name != "" && name !~ /^TestReal/ && /on(Each(Config)?|Servers)\(|t\.Run\("real"/ { print name }' "${files[@]}" |
    sort -u | paste -s -d '|')
  [ -n "$names" ] || { echo "no test in $* has a subtest on a real server" >&2; return 1; }
  echo "^TestReal|^($names)\$/^real\$"
}

# Run by nacos3.sh, which tells the address in NACRE_NACOS_ADDR, or the addresses in NACRE_NACOS_CLUSTER.
if [ "${1:-}" = --against ]; then
  full=$2
  rooms=(./providers/nacos ./providers/nacos/nacosonce)
  double=(./providers/nacos/internal/fakenacos ./providers/nacos/internal/fakenacos/sdktest)
  # The command uses the administrators' interface, which asks for a login as a 3.x ships too.
  admin=${NACRE_NACOS_USERNAME:-${NACRE_NACOS_ADMIN:-}}
  tests() { go test -count=1 -p 1 "$@"; }
  if [ -n "${NACRE_NACOS_CLUSTER:-}" ]; then
    export NACRE_NACOS_ADDR=${NACRE_NACOS_CLUSTER%%,*}
    [ "$full" = false ] || { bash ci/nacos/chaos.sh --against; exit; }
    tests -run '^TestReal(Routed|Matching|Conformance$)' ./providers/nacos
    tests -run '^Test(RealFleet|StoreConformance)$' ./providers/nacos/nacosonce
    NACRE_BURST_SIZE=200 tests -timeout 8m -run '^TestReal(Divergence|Bursts|Matching)$' -v ./providers/nacos/chaostest |
      grep -v '^=== '
    exit
  fi
  if [ "$full" = true ]; then
    tests "${rooms[@]}" ./providers/nacos/nacossdk/...
    tests -run 'Conformance.*/real' ./providers/nacos/internal/fakenacos/...
    export NACRE_NACOS_USERNAME=$admin
    go -C ci/otlptest test -count=1 -run Real ./...
    go -C cmd/nacre test -count=1 -p 1 -run Real . ./internal/release
    exit
  fi
  # What costs minutes runs once: bursts, fleets of processes and killed releases on a 2.3.2, and in full; the conformance suite
  # and nacosonce on the cluster. A login changes how a server is reached, and none of what the double is compared with.
  skip='^TestReal(Burst|Conformance|MatchingConformance)$'
  [ -z "$admin" ] || skip="$skip|^Test(LargeContent|ProbeIfMD5)\$"
  tests -run "$(real ./providers/nacos)" -skip "$skip" ./providers/nacos
  if [ -z "$admin" ]; then
    tests -run "$(real "${double[@]}")" "${double[@]}"
  else
    tests -run 'Login.*/^real$' "${double[@]}"
  fi
  export NACRE_NACOS_USERNAME=$admin
  go -C ci/otlptest test -count=1 -run Real ./...
  go -C cmd/nacre test -count=1 -run '^TestRealDay$/^day$' .
  [ -n "$admin" ] || go -C cmd/nacre test -count=1 -run '^TestRealRelease$' ./internal/release
  exit
fi

if ! bash ci/nacos/nacos3.sh built; then
  if [ -z "${NACOS3_SOURCE:-}" ]; then
    echo "not run: there is no Nacos 3 here; build one with: bash ci/nacos/nacos3.sh build SOURCE, or name its source in NACOS3_SOURCE"
    exit 75
  fi
  bash ci/nacos/nacos3.sh build "$NACOS3_SOURCE"
fi
full=false
[ "${1:-}" != full ] || { full=true; shift; }
[ $# -gt 0 ] || set -- open auth shipped cluster
for mode in "$@"; do
  [[ $mode =~ ^(open|auth|shipped|cluster)$ ]] || { echo "there is no mode $mode; there are open, auth, shipped and cluster" >&2; exit 2; }
done
failed=()
for mode in "$@"; do
  option=() began=$SECONDS
  [ "$mode" = open ] || option=("--$mode")
  bash ci/nacos/nacos3.sh run "${option[@]}" bash ci/nacos/test3.sh --against "$full" || failed+=("$mode")
  echo "$mode: $((SECONDS - began)) s"
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
