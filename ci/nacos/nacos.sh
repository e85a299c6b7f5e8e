#!/usr/bin/env bash
# A real Nacos server, or a cluster of three, for the tests that want one. It is a 2.3.2, or the version that
# NACRE_NACOS_VERSION names, which nacos3.sh has built.
#
#   nacos.sh install               brings the server by Maven, once
#   nacos.sh start [MODE]          starts one on free ports, waits until it serves, prints its folder and its address
#   nacos.sh stop FOLDER           ends the server that start put there, and removes the folder
#   nacos.sh again FOLDER          starts a server that has ended once more, with its data, and waits until it serves
#   nacos.sh run [MODE] CMD...     start, CMD with the address in NACRE_NACOS_ADDR and the folder in NACRE_NACOS_FOLDERS,
#                                  stop; ends as CMD ends
#   nacos.sh run --cluster CMD...  the same with a cluster of three, whose addresses are in NACRE_NACOS_CLUSTER and whose
#                                  folders are in NACRE_NACOS_FOLDERS, both with commas, in the same order
#
# The modes: without one, nothing asks for a login. With --auth the server asks for one: nacos, nacos; run tells it in
# NACRE_NACOS_USERNAME and NACRE_NACOS_PASSWORD. With --shipped a 3.x is as it comes: gRPC is open, and the administrators'
# interface asks for the same login. A cluster may have a mode too, before or after --cluster.
# A folder has the file "process" with the process id and the start of the server, so that a test can end and halt it.
# Linux only; needs Java 17, curl and, to install, Maven. NACRE_CACHE is where the server is kept, NACRE_NACOS_PORT where the search for
# free ports begins (18848, below those that a machine gives to its own connections). One server takes four ports: P for HTTP,
# P+1000 and P+1001 for gRPC, P-1000 for raft; a 3.x also P+2000 for its console and P+3000.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${NACRE_NACOS_VERSION:-2.3.2}
cache=${NACRE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nacre}/nacos-$version
ready_within=400 # seconds, with all that is started once more
stuck_after=60   # seconds in which a node of a cluster that says it has started takes no write; the start itself may be slow

say() { echo "nacos: $*" >&2; }
die() { say "$*"; exit 1; }

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" >&2; exit 2; }

is3() { [ "${version%%.*}" -ge 3 ]; }

install_server() {
  [ ! -e "$cache/complete" ] || return 0
  ! is3 || die "Nacos $version is not there: build it with nacos3.sh build"
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

free_port() { # FROM
  local p q taken
  for ((p = $1; p < 31000; p += 10)); do
    taken=
    for q in "$p" $((p + 1000)) $((p + 1001)) $((p - 1000)) $((p + 2000)) $((p + 3000)); do
      ! listening "$q" || taken=$q
    done
    [ -n "$taken" ] || { echo "$p"; return; }
  done
  die "no free ports from $1 on"
}

# Prints the settings of one server as arguments of java, one a line. The database pool waits 30 s and not 3, which are
# too few for a start on a busy machine. A node of a cluster that is started again applies the whole log of raft before it
# answers its own first read, for which it waits 60 s and not 2: after some thousand writes it would end instead. Users
# are not cached: with a cache nobody is known for the first 5 s.
settings() { # FOLDER PORT MODE CLUSTER
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
-Dnacos.server.ip=127.0.0.1
-Dserver.address=127.0.0.1
-Ddb.pool.config.connectionTimeout=30000
-Djraft.read-index.timeout=60000
-Dnacos.core.auth.caching.enabled=false
-Dnacos.core.auth.plugin.nacos.token.secret.key=$(printf 'a key for tests only, of no use elsewhere' | base64)
-Dnacos.core.auth.server.identity.key=ci
-Dnacos.core.auth.server.identity.value=ci
ARGS
  # The nodes of a cluster keep what is published in a database of their own each, by raft.
  if [ "$4" = true ]; then echo -DembeddedStorage=true; else echo -Dnacos.standalone=true; fi
  if is3; then
    # A node of a 3.x that has been migrated from a 2.x reads its database before the cluster has chosen a leader, and ends
    # itself when that takes longer than 4 s. Nothing is migrated here.
    [ "$4" = false ] || echo -Dnacos.config.namespace.compatible.mode=false
    printf '%s\n' "-Dnacos.server.main.port=$2" "-Dnacos.console.port=$(($2 + 2000))" "-Dnacos.ai.mcp.registry.port=$(($2 + 3000))"
    case $3 in
      auth) printf '%s\n' -Dnacos.core.auth.enabled=true -Dnacos.core.auth.system.type=nacos ;;
      open) printf '%s\n' -Dnacos.core.auth.enabled=false -Dnacos.core.auth.admin.enabled=false -Dnacos.core.auth.console.enabled=false ;;
      shipped) printf '%s\n' -Dnacos.core.auth.enabled=false -Dnacos.core.auth.system.type=nacos ;;
    esac
    printf '%s\n' -jar "$cache/nacos-server.jar" "--spring.config.additional-location=file:$1/conf/" "--logging.config=$1/conf/nacos-logback.xml"
    return
  fi
  echo "-Dserver.port=$2"
  # Without a login the server is left as it comes: naming a login system alone changes how it answers one.
  if [ "$3" = auth ]; then
    printf '%s\n' -Dnacos.core.auth.enabled=true -Dnacos.core.auth.system.type=nacos
  fi
  # Two versions of hessian are among the jars, and the server wants the newer one first.
  printf '%s\n' -cp "$(compgen -G "$cache/lib/hessian-4*.jar"):$cache/lib/*" com.alibaba.nacos.Nacos
}

# A process is named by its id and its start: ids are used again.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" {print $20}'; }
alive() { # FOLDER
  local pid start
  [ -r "$1/process" ] && read -r pid start <"$1/process" && [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

# Makes the folder of a server that has not been started.
prepare() { # PORT MODE CLUSTER
  local folder
  folder=$(mktemp -d "${TMPDIR:-/tmp}/nacre-nacos.XXXXXX")
  mkdir -p "$folder/conf"
  ! is3 || cp "$cache"/conf/* "$folder/conf/"
  echo "$1" >"$folder/port"
  settings "$folder" "$1" "$2" "$3" >"$folder/arguments"
  echo "$folder"
}

launch() { # FOLDER
  starts "$1" >"$1/starts"
  (cd "$1" && exec setsid java "@$1/arguments" </dev/null >>"$1/output" 2>&1) &
  echo "$! $(started_at $!)" >"$1/process"
  disown # so that bash does not report how it ended
}

# A node of a cluster says that it is ready seconds before it takes a write.
serves() { # FOLDER
  local url port probe ready=/v1/console/health/readiness configs=/v1/cs/configs
  ! is3 || { ready=/v3/admin/core/state/readiness configs=/v3/admin/cs/config; }
  port=$(<"$1/port")
  url="http://127.0.0.1:$port/nacos"
  curl -fsS -m 3 -o /dev/null "$url$ready" 2>/dev/null && listening $((port + 1000)) || return 1
  [ -e "$1/conf/cluster.conf" ] || return 0
  probe="dataId=nacre-probe-$port&group=nacre&groupName=nacre"
  curl -sS -m 5 -H "ci: ci" "$url$configs" -d "$probe&content=x" 2>/dev/null | grep -q true || return 1
  curl -sS -m 5 -o /dev/null -H "ci: ci" -X DELETE "$url$configs?$probe" || true
}

# A 3.x has no administrator until somebody names the first password.
first_login() { # PORT
  is3 || return 0
  curl -fsS -m 10 -o /dev/null "http://127.0.0.1:$1/nacos/v3/auth/user/admin" -d password=nacos || die "the first password was refused"
}

# What the server itself says of why it does not serve.
complaints() { # FOLDER
  { grep -E ' ERROR |^Caused by' "$1/output" || true; tail -n 5 "$1/output"; } | tail -n 15 | cut -c1-300 >&2
}

# Starts a node of a cluster once more if it may be, as a service manager would.
once_more() { # FOLDER TRIES WHY
  { [ -e "$1/conf/cluster.conf" ] || is3; } && [ "$2" -lt 5 ] || return 1
  say "a node $3, and is started again"
  launch "$1"
}

# Ends a node that runs and does not serve, and starts it once more.
replace() { # FOLDER TRIES WHY
  local pid
  read -r pid _ <"$1/process"
  kill -9 "$pid"
  while alive "$1"; do sleep 0.1; done
  once_more "$@" || die "a node $3"
}

# How often it has said that it has started. A 3.x says so before its HTTP interface has, half a minute on a busy machine.
starts() { # FOLDER
  [ -e "$1/output" ] || { echo 0; return; }
  local said='Nacos started successfully'
  ! is3 || said='Nacos Server API started successfully'
  grep -c "$said" "$1/output" || true
}

# A node of a cluster that starts while the others are choosing a leader ends itself ("did not find the Leader node"), and
# now and then one starts well and never finds the leader for its writes. Now and then a 3.0.3 never becomes ready: a thread
# used a class before its settings were there (TopNConfig).
await() { # FOLDER
  local deadline=$((SECONDS + ready_within)) tries=1 started= launched=$SECONDS hung_after=100
  [ ! -e "$1/conf/cluster.conf" ] || hung_after=300 # three start at once, and wait for each other
  until serves "$1"; do
    if ! alive "$1"; then
      once_more "$1" "$tries" "ended while it started" ||
        { complaints "$1"; : >"$1/failed"; die "the server ended while it started; what it wrote is in $1"; }
      started= tries=$((tries + 1)) launched=$SECONDS
    elif is3 && [ $((SECONDS - launched)) -ge "$hung_after" ]; then
      replace "$1" "$tries" "was not ready within $hung_after s"
      started= tries=$((tries + 1)) launched=$SECONDS
    elif [ -z "$started" ]; then
      [ "$(starts "$1")" = "$(<"$1/starts")" ] || started=$SECONDS
    elif [ -e "$1/conf/cluster.conf" ] && [ $((SECONDS - started)) -ge "$stuck_after" ]; then
      replace "$1" "$tries" "took no write for $stuck_after s"
      started= tries=$((tries + 1)) launched=$SECONDS
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      complaints "$1"
      die "the server did not serve within $ready_within s"
    fi
    sleep 0.3
  done
}

need_java() {
  command -v java >/dev/null || die "Java is missing: the server runs on it; install the package openjdk-17-jre-headless"
}

start_server() { # MODE
  need_java
  install_server
  local folder
  folder=$(prepare "$(free_port "${NACRE_NACOS_PORT:-18848}")" "$1" false)
  launch "$folder"
  if ! (await "$folder"); then
    ! alive "$folder" || stop_server "$folder"
    exit 1
  fi
  [ "$1" = open ] || first_login "$(<"$folder/port")"
  echo "$folder 127.0.0.1:$(<"$folder/port")"
}

start_again() { # FOLDER
  [ -f "$1/arguments" ] || die "$1 is no folder of a server"
  ! alive "$1" || die "the server in $1 has not ended"
  launch "$1"
  await "$1"
}

stop_server() { # FOLDER
  local pid start i
  [ -f "$1/process" ] || die "$1 is no folder of a server"
  read -r pid start <"$1/process"
  if alive "$1"; then
    kill "$pid"
    kill -CONT "$pid" # one that a test has halted
    for ((i = 0; i < 100; i++)); do alive "$1" || break; sleep 0.1; done
    if alive "$1"; then kill -9 "$pid"; fi
    while alive "$1"; do sleep 0.1; done # it still writes into its folder
  fi
  rm -rf "$1"
}

folders=() waiting=()
stop_all() {
  local f
  # Those that wait for a server would start it once more.
  for f in "${waiting[@]}"; do kill "$f" 2>/dev/null || true; done
  for f in "${folders[@]}"; do
    # What a server wrote that ended while it started is kept.
    [ ! -d "$f" ] || { [ -e "$f/failed" ] && ! alive "$f"; } || stop_server "$f"
  done
}

# With a login, tells it to the tests.
tell_login() { # MODE
  case $1 in
    auth) export NACRE_NACOS_USERNAME=nacos NACRE_NACOS_PASSWORD=nacos ;;
    shipped) export NACRE_NACOS_ADMIN=nacos NACRE_NACOS_PASSWORD=nacos ;;
  esac
}

run_with_server() { # MODE CMD...
  local mode=$1 status=0 line
  shift
  line=$(start_server "$mode")
  folders=("${line% *}")
  trap stop_all EXIT
  export NACRE_NACOS_ADDR=${line##* } NACRE_NACOS_FOLDERS=${folders[0]}
  tell_login "$mode"
  say "Nacos $version serves on $NACRE_NACOS_ADDR, $mode"
  "$@" || status=$?
  return "$status"
}

run_with_cluster() { # MODE CMD...
  need_java
  install_server
  local mode=$1
  shift
  local status=0 port=${NACRE_NACOS_PORT:-18848} i f list=() ports=() began=$SECONDS
  for i in 1 2 3; do
    port=$(free_port "$port")
    ports+=("$port")
    list+=("127.0.0.1:$port")
    port=$((port + 10))
  done
  trap stop_all EXIT
  for port in "${ports[@]}"; do
    f=$(prepare "$port" "$mode" true)
    folders+=("$f")
    printf '%s\n' "${list[@]}" >"$f/conf/cluster.conf"
  done
  for f in "${folders[@]}"; do launch "$f"; done
  # At once: a node that has ended keeps the others from choosing a leader.
  for f in "${folders[@]}"; do
    await "$f" &
    waiting+=($!)
  done
  for i in "${waiting[@]}"; do wait "$i" || status=1; done
  waiting=()
  [ "$status" = 0 ] || exit 1
  NACRE_NACOS_CLUSTER=$(IFS=,; echo "${list[*]}")
  NACRE_NACOS_FOLDERS=$(IFS=,; echo "${folders[*]}")
  export NACRE_NACOS_CLUSTER NACRE_NACOS_FOLDERS
  [ "$mode" = open ] || first_login "${ports[0]}"
  tell_login "$mode"
  say "a cluster of Nacos $version serves on $NACRE_NACOS_CLUSTER, $mode, after $((SECONDS - began)) s"
  "$@" || status=$?
  return "$status"
}

[ $# -ge 1 ] || usage
command=$1
shift
mode=open cluster=false
while :; do
  case "${1:-}" in
    --auth) mode=auth ;;
    --shipped) mode=shipped ;;
    --cluster) cluster=true ;;
    --*) die "there is no mode $1; there are --auth, --shipped and --cluster" ;;
    *) break ;;
  esac
  shift
done
[ "$mode" != shipped ] || is3 || die "--shipped is for a 3.x: a 2.x comes without a login"
case "$command" in
  install) install_server ;;
  start) start_server "$mode" ;;
  stop) stop_server "${1:?FOLDER}" ;;
  again) start_again "${1:?FOLDER}" ;;
  run)
    [ $# -ge 1 ] || usage
    if [ "$cluster" = true ]; then run_with_cluster "$mode" "$@"; else run_with_server "$mode" "$@"; fi
    ;;
  *) usage ;;
esac
