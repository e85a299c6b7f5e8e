#!/usr/bin/env bash
# Runs the official Java clients, the last of 2.x and of 3.x that Maven Central has, against nacostest as a 2.3.2 and as
# a 3.0.3, without and with a login, and against a real Nacos 2.3.2: the double must do for them what the server does.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

here=ci/javaclient
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v mvn >/dev/null || { echo "Maven is missing: it brings the clients; install the package maven"; exit 1; }
command -v javac >/dev/null || { echo "javac is missing; install the package openjdk-17-jdk-headless"; exit 1; }
clients=(2.4.3 3.1.1)
for client in "${clients[@]}"; do
  mvn -q -B -f "$here/pom.xml" "-Dclient=$client" dependency:copy-dependencies "-DoutputDirectory=$work/$client/lib" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log"; echo "Maven could not bring the client $client"; exit 1; }
  javac -d "$work/$client/classes" -cp "$work/$client/lib/*" "$here"/src/*.java
done
go build -o "$work/host" "./$here/host"

# Prints the command that runs the checks with a client, a word a line. The client writes its snapshots and logs below
# the home folder, which is another one for each run. It starts sooner with the quick compiler alone.
suite() { # CLIENT NAME
  printf '%s\n' java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m "-Duser.home=$work/home-$2" "-DJM.LOG.PATH=$work/home-$2/logs" \
    "-DJM.SNAPSHOT.PATH=$work/home-$2" -cp "$work/$1/classes:$work/$1/lib/*" Suite
}

# double begins the checks with a client and a nacostest in the background; end waits for all of them, and prints what
# each wrote. They wait for most of their time, so all fit on two processors at once.
names=() pids=()
double() { # CLIENT FLAG...
  local client=$1 words
  shift
  mapfile -t words < <(suite "$client" "${#names[@]}")
  timeout 200 "$work/host" "$@" "${words[@]}" >"$work/${#names[@]}.out" 2>&1 &
  pids+=($!)
  names+=("client $client, nacostest $*")
}
end() {
  local i failed=0
  for i in "${!pids[@]}"; do
    wait "${pids[$i]}" || failed=1
    echo "${names[$i]}"
    cat "$work/$i.out"
  done
  return "$failed"
}
double 2.4.3
double 2.4.3 -auth
double 3.1.1
double 3.1.1 -version 3.0
double 3.1.1 -version 3.0 -auth
end

# Both clients use one server, one after the other.
{
  echo 'status=0'
  for client in "${clients[@]}"; do
    mapfile -t words < <(suite "$client" "real-$client")
    echo "echo 'client $client, a real server'"
    printf '%q ' "${words[@]}"
    echo '|| status=1'
  done
  echo 'exit $status'
} >"$work/both.sh"
timeout 300 bash ci/nacos/nacos.sh run bash "$work/both.sh"
