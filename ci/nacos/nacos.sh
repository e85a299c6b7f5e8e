#!/usr/bin/env bash
# A real Nacos 2.3.2 server, standalone, for the tests that want one.
#
#   nacos.sh install               brings the server by Maven, once
#   nacos.sh start [--auth]        starts one on free ports, waits until it serves, prints its folder and its address
#   nacos.sh stop FOLDER           ends the server that start put there, and removes the folder
#   nacos.sh run [--auth] CMD...   start, CMD with the address in NACRE_NACOS_ADDR, stop; ends as CMD ends
#
# With --auth the server asks for a login: nacos, nacos; run tells it in NACRE_NACOS_USERNAME and NACRE_NACOS_PASSWORD.
# Linux only; needs Java 17, curl and, to install, Maven. NACRE_CACHE is where the server is kept, NACRE_NACOS_PORT where the search for
# free ports begins (38848). One server takes four ports: P for HTTP, P+1000 and P+1001 for gRPC, P-1000 for raft.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=2.3.2
cache=${NACRE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nacre}/nacos-$version
ready_within=180 # seconds

say() { echo "nacos: $*" >&2; }
die() { say "$*"; exit 1; }

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" >&2; exit 2; }

install_server() {
  [ ! -e "$cache/complete" ] || return 0
  command -v mvn >/dev/null || die "Maven is missing: it brings the server; install the package maven"
  # Two installs at once must not mix: each fills a folder of its own, and the first to finish gives it its name.
  local fresh
  mkdir -p "$(dirname "$cache")"
  fresh=$(mktemp -d "$cache.XXXXXX")
  mvn -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$fresh/lib" >"$fresh/log" 2>&1 ||
    { tail -n 20 "$fresh/log" >&2; die "Maven could not bring the server"; }
  compgen -G "$fresh/lib/nacos-console-*.jar" >/dev/null || die "Maven brought no server"
  touch "$fresh/complete"
  if [ -e "$cache/complete" ]; then rm -rf "$fresh"; else rm -rf "$cache" && mv "$fresh" "$cache"; fi
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local p q taken
  for ((p = ${NACRE_NACOS_PORT:-38848}; p < 60000; p += 10)); do
    taken=
    for q in "$p" $((p + 1000)) $((p + 1001)) $((p - 1000)); do
      ! listening "$q" || taken=$q
    done
    [ -n "$taken" ] || { echo "$p"; return; }
  done
  die "no four free ports from ${NACRE_NACOS_PORT:-38848} on"
}

# Prints the settings of one server as arguments of java, one a line. The database pool waits 30 s and not 3, which are
# too few for a start on a busy machine. Users are not cached: with a cache nobody is known for the first 5 s.
settings() { # FOLDER PORT AUTH
  cat <<ARGS
-Xms128m
-Xmx512m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-Djava.awt.headless=true
--add-opens=java.base/java.lang=ALL-UNNAMED
--add-opens=java.base/java.util=ALL-UNNAMED
-Duser.home=$1
-Dnacos.home=$1
-Dnacos.standalone=true
-Dnacos.server.ip=127.0.0.1
-Dserver.address=127.0.0.1
-Dserver.port=$2
-Ddb.pool.config.connectionTimeout=30000
-Dnacos.core.auth.caching.enabled=false
-Dnacos.core.auth.plugin.nacos.token.secret.key=$(printf 'a key for tests only, of no use elsewhere' | base64)
-Dnacos.core.auth.server.identity.key=ci
-Dnacos.core.auth.server.identity.value=ci
ARGS
  # Without a login the server is left as it comes: naming a login system alone changes how it answers one.
  if [ "$3" = true ]; then
    printf '%s\n' -Dnacos.core.auth.enabled=true -Dnacos.core.auth.system.type=nacos
  fi
  # Two versions of hessian are among the jars, and the server wants the newer one first.
  printf '%s\n' -cp "$(compgen -G "$cache/lib/hessian-4*.jar"):$cache/lib/*" com.alibaba.nacos.Nacos
}

# A process is named by its id and its start: ids are used again.
started_at() { [ -r "/proc/$1/stat" ] && sed 's/.*) //' "/proc/$1/stat" | awk '$1 != "Z" {print $20}'; }
alive() { # FOLDER
  local pid start
  [ -r "$1/process" ] && read -r pid start <"$1/process" && [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

start_server() { # AUTH
  command -v java >/dev/null || die "Java is missing: the server runs on it; install the package openjdk-17-jre-headless"
  install_server
  local folder port pid deadline
  folder=$(mktemp -d "${TMPDIR:-/tmp}/nacre-nacos.XXXXXX")
  mkdir -p "$folder/conf"
  port=$(free_port)
  settings "$folder" "$port" "$1" >"$folder/arguments"
  (cd "$folder" && exec setsid java "@$folder/arguments" </dev/null >"$folder/output" 2>&1) &
  pid=$!
  echo "$pid $(started_at "$pid")" >"$folder/process"
  deadline=$((SECONDS + ready_within))
  until curl -fsS -m 3 -o /dev/null "http://127.0.0.1:$port/nacos/v1/console/health/readiness" 2>/dev/null && listening $((port + 1000)); do
    if ! alive "$folder"; then
      tail -n 15 "$folder/output" | cut -c1-300 >&2
      die "the server ended while it started; what it wrote is in $folder"
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 15 "$folder/output" | cut -c1-300 >&2
      stop_server "$folder"
      die "the server did not serve within $ready_within s"
    fi
    sleep 0.3
  done
  echo "$folder 127.0.0.1:$port"
}

stop_server() { # FOLDER
  local pid start i
  [ -f "$1/process" ] || die "$1 is no folder of a server"
  read -r pid start <"$1/process"
  if alive "$1"; then
    kill "$pid"
    for ((i = 0; i < 100; i++)); do alive "$1" || break; sleep 0.1; done
    if alive "$1"; then kill -9 "$pid"; fi
  fi
  rm -rf "$1"
}

run_with_server() { # AUTH CMD...
  local auth=$1 status=0 line
  shift
  line=$(start_server "$auth")
  folder=${line% *}
  trap 'stop_server "$folder"' EXIT
  export NACRE_NACOS_ADDR=${line##* }
  if [ "$auth" = true ]; then export NACRE_NACOS_USERNAME=nacos NACRE_NACOS_PASSWORD=nacos; fi
  say "serving on $NACRE_NACOS_ADDR, auth $auth"
  "$@" || status=$?
  return "$status"
}

[ $# -ge 1 ] || usage
command=$1
shift
auth=false
if [ "${1:-}" = --auth ]; then auth=true; shift; fi
case "$command" in
  install) install_server ;;
  start) start_server "$auth" ;;
  stop) stop_server "${1:?FOLDER}" ;;
  run) [ $# -ge 1 ] || usage; run_with_server "$auth" "$@" ;;
  *) usage ;;
esac
