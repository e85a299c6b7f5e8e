#!/usr/bin/env bash
# Runs the official Java client against nacostest, without and with a login, and against a real Nacos 2.3.2: the double must
# do for it what the server does.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

here=ci/javaclient
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v mvn >/dev/null || { echo "Maven is missing: it brings the client; install the package maven"; exit 1; }
command -v javac >/dev/null || { echo "javac is missing; install the package openjdk-17-jdk-headless"; exit 1; }
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib" >"$work/log" 2>&1 ||
  { tail -n 20 "$work/log"; echo "Maven could not bring the client"; exit 1; }
javac -d "$work/classes" -cp "$work/lib/*" "$here"/src/*.java
go build -o "$work/host" "./$here/host"

# The client writes its snapshots and logs below the home folder.
suite=(java "-Duser.home=$work/home" "-DJM.LOG.PATH=$work/home/logs" "-DJM.SNAPSHOT.PATH=$work/home" -cp "$work/classes:$work/lib/*" Suite)
echo "nacostest"
timeout 200 "$work/host" "${suite[@]}"
echo "nacostest with a login"
timeout 200 "$work/host" -auth "${suite[@]}"
echo "a real server"
timeout 300 bash ci/nacos/nacos.sh run "${suite[@]}"
