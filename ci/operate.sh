#!/usr/bin/env bash
# A day of three instances of a service with a real Prometheus and a real Alertmanager: each alert of deploy/ reaches its
# receiver, and no other does. See ci/operate/doc.go.
#   bash ci/operate.sh [-only TEXT]    the phases whose names contain TEXT
# NACRE_ARTEFACTS is the folder for logs and data; without it they go to a temporary one, which stays if the day fails.
# Needs Debian's packages prometheus and prometheus-alertmanager.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/operate"

# find_program prints the first of several names that is a program.
find_program() {
  local name
  for name in "$@"; do
    if command -v "$name"; then return; fi
  done
  echo "there is no $1: install Debian's packages prometheus and prometheus-alertmanager" >&2
  return 1
}

prometheus=$(find_program prometheus)
alertmanager=$(find_program prometheus-alertmanager alertmanager)
dir=$(mktemp -d)
go build -o "$dir/service" ./service
go -C ../../cmd/nacre build -o "$dir/nacre" .
go build -o "$dir/operate" .
data=${NACRE_ARTEFACTS:-$dir/day}
mkdir -p "$data"
status=0
"$dir/operate" -prometheus "$prometheus" -alertmanager "$alertmanager" -service "$dir/service" -nacre "$dir/nacre" -dir "$data" "$@" || status=$?
if [ "$status" = 0 ] || [ -n "${NACRE_ARTEFACTS:-}" ]; then rm -rf "$dir"; else echo "logs and data are in $data" >&2; fi
exit "$status"
