#!/bin/sh
# verify.sh ENVIRONMENT... fails if a server has other documents than the repository, or if an
# instance of the context runs other documents than the server has.
set -eu
status=0
for environment in "$@"; do
  nacre verify "$environment" || status=$?
done
exit "$status"
