#!/usr/bin/env bash
# Runs the tests of what happens when the clock of a machine is set, while time goes on as ever.
#
# The clock of this machine is not touched, and no fake stands in for it in nacre: the tests are compiled with a standard library whose
# time.Now has its wall clock, and not its monotonic one, moved by as much as time.WallJump says. go test -overlay does that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
original=$(go env GOROOT)/src/time/time.go
sed -e 's|^\tsec, nsec, mono := runtimeNow()$|&\n\tsec += atomic.LoadInt64(\&WallJump)|' \
  -e 's|^\t"math/bits"$|&\n\t"sync/atomic"|' "$original" >"$dir/time.go"
printf '\n// WallJump is by how many seconds the wall clock is off. Use it atomically.\nvar WallJump int64\n' >>"$dir/time.go"
if [ "$(grep -c 'sync/atomic"$\|atomic.LoadInt64(&WallJump)' "$dir/time.go")" -ne 2 ]; then
  echo "time.Now of this Go is not written as it was: mend ci/clock.sh"
  exit 1
fi
printf '{"Replace":{"%s":"%s"}}\n' "$original" "$dir/time.go" >"$dir/overlay.json"

output=$(go test -overlay "$dir/overlay.json" -tags clockjump -count=1 -v -run '^TestClock' . ./providers/nacos ./providers/koanf 2>&1) || {
  echo "$output"
  exit 1
}
ran=$(grep -c -- '^--- PASS: TestClock' <<<"$output" || true)
echo "$ran tests with a clock that is set"
[ "$ran" -ge 3 ] || { echo "some did not run"; exit 1; }
