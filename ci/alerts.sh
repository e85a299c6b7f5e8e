#!/usr/bin/env bash
# The alerts in deploy/: the rules are valid, each alert fires when it should and only then, each tier reaches its receiver, and
# the documents fit.
# Needs Debian's packages prometheus and prometheus-alertmanager, of which it starts no server.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../deploy"

for tool in promtool amtool; do
  command -v "$tool" >/dev/null ||
    { echo "there is no $tool: install Debian's packages prometheus and prometheus-alertmanager" >&2; exit 1; }
done

# The tests read documents outside of their module, which the cache of tests does not watch.
go test -count=1 ./...

promtool check rules --lint=all --lint-fatal prometheus/nacre.rules.yaml
promtool test rules prometheus/nacre.rules.test.yaml
amtool check-config alertmanager/alertmanager.yaml

failed=0
while read -r receiver tier severity; do
  got=$(amtool config routes test --config.file alertmanager/alertmanager.yaml "tier=$tier" "severity=$severity" 2>/dev/null)
  echo "$tier goes to $got"
  [ "$got" = "$receiver" ] || { echo "$tier should go to $receiver"; failed=1; }
done <<'ROUTES'
pager P0 critical
chat P1 warning
tickets P2 info
ROUTES
exit "$failed"
