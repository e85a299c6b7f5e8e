#!/bin/sh
# plan.sh ENVIRONMENT... writes the plan of each environment to plan-ENVIRONMENT.md, the text of a
# comment on the pull request. It changes nothing. It holds keys and no values.
#
# PLAN_OPTIONS are more options of nacre plan, such as --prune. Give apply.sh the same.
set -eu
for environment in "$@"; do
  {
    printf '### %s\n\n```\n' "$environment"
    nacre plan "$environment" ${PLAN_OPTIONS:-}
    printf '```\n'
  } >"plan-$environment.md"
  cat "plan-$environment.md"
done
