#!/bin/sh
# apply.sh ENVIRONMENT [DATA-ID...] releases the newest commit, and waits until every instance has
# acted on each DATA-ID. The reason and the author are those of the commit. If instances reject the
# release or do not act in time, apply.sh rolls it back and fails.
#
# MIN_INSTANCES is how many instances must be known, 1 by default. Set it to 0 for the first release,
# before a service exists.
# PLAN_OPTIONS are more options of nacre plan, such as --prune.
# NACRE_STATE is a folder that is kept between jobs. It has what a rollback needs.
set -eu
environment=$1
shift
commit=$(git rev-parse --short=12 HEAD)
reason=$(git log -1 --format=%s)
author=$(git log -1 --format=%an)

status=0
nacre plan "$environment" --commit "$commit" --out "$environment.plan" --detailed-exitcode ${PLAN_OPTIONS:-} || status=$?
case $status in
0) exit 0 ;; # no changes
1) ;;
*) exit "$status" ;;
esac
release=$(date -u +%Y%m%dT%H%M%SZ)-$commit
nacre apply "$environment.plan" --release "$release" --author "$author" --reason "$reason" --yes
for document in "$@"; do
  if ! nacre rollout status "$document" --timeout "${ROLLOUT_TIMEOUT:-5m}" --min-instances "${MIN_INSTANCES:-1}"; then
    nacre rollback "$environment" "$release" --author "$author" --reason "instances do not act on $release" --yes
    exit 1
  fi
done
