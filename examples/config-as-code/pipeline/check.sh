#!/bin/sh
# check.sh checks the documents of all environments. It needs no server and no credentials.
set -eu
exec nacre check
