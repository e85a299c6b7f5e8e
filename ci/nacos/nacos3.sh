#!/usr/bin/env bash
# A real Nacos 3.x server, or a cluster of three, built from its source, since no registry has it.
#
#   nacos3.sh build SOURCE [TAG]   builds the server from SOURCE, a folder with the source of a release, or a clone or git
#                                  directory of github.com/alibaba/nacos, of which it takes TAG (3.0.3). Takes 4 minutes
#                                  or more, and needs Java 17, Maven and Maven Central
#   nacos3.sh start|stop|again|run as nacos.sh, for the version that NACRE_NACOS_VERSION names (3.0.3)
#   nacos3.sh built                whether that version has been built
#
# Modes of start and run: none, --auth, --shipped; see nacos.sh.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export NACRE_NACOS_VERSION=${NACRE_NACOS_VERSION:-3.0.3}
kept=${NACRE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nacre}

die() { echo "nacos3: $*" >&2; exit 1; }

build() { # SOURCE [TAG]
  local source=$1 tag=${2:-} work revision
  [ -d "$source" ] || die "$source is not a folder"
  command -v mvn >/dev/null || die "Maven is missing: it builds the server; install the package maven"
  mkdir -p "$kept"
  work=$(mktemp -d "$kept/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if [ -n "$tag" ] || [ ! -e "$source/pom.xml" ]; then
    git -C "$source" archive "${tag:-$NACRE_NACOS_VERSION}" | tar -x -C "$work"
  else
    cp -r "$source/." "$work"
  fi
  revision=$(sed -n 's:.*<revision>\(.*\)</revision>.*:\1:p' "$work/pom.xml" | head -n 1)
  [ -n "$revision" ] || die "$source is not the source of Nacos 3"
  (cd "$work" && mvn -B -q -Prelease-nacos -Dmaven.test.skip=true -Dcheckstyle.skip=true -Dpmd.skip=true -Drat.skip=true \
    -Dmaven.javadoc.skip=true -pl bootstrap -am package) || die "Maven could not build $revision"
  # Two builds at once must not mix: each fills a folder of its own, and the last one takes the place.
  local fresh place=$kept/nacos-$revision
  fresh=$(mktemp -d "$place.XXXXXX")
  mkdir "$fresh/conf"
  cp "$work/bootstrap/target/nacos-server.jar" "$fresh/"
  cp "$work"/distribution/conf/{application.properties,derby-schema.sql,nacos-logback.xml} "$fresh/conf/"
  cp "$work"/distribution/conf/{announcement_*.conf,console-guide.conf} "$fresh/conf/" 2>/dev/null || true
  touch "$fresh/complete"
  rm -rf "$place"
  mv "$fresh" "$place"
  echo "$revision"
}

case "${1:-}" in
  build) [ $# -ge 2 ] || die "build SOURCE [TAG]"; shift; build "$@" ;;
  built) [ -e "$kept/nacos-$NACRE_NACOS_VERSION/complete" ] ;;
  start | stop | again | run) exec bash "$here/nacos.sh" "$@" ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
