# To be sourced: find_jdk prints the home of a JDK that is new enough, or fails.

jdk_wanted=25

# The feature release of the JDK or JRE at $1; 0 where there is none. Reads a file: starting a JVM for each candidate would take seconds.
jdk_release() {
  local version
  [[ -x $1/bin/java && -f $1/release ]] || { echo 0; return; }
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" | head -n 1)
  echo "${version:-0}"
}

# The home behind the `java` on the PATH. macOS has a stub there that only knows JAVA_HOME; it has no release file and is passed over.
jdk_on_path() {
  local java
  java=$(command -v java) || return 0
  while [[ -L $java ]]; do
    local target
    target=$(readlink "$java")
    [[ $target == /* ]] || target=$(dirname "$java")/$target
    java=$target
  done
  (cd "$(dirname "$java")/.." && pwd -P)
}

find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" "$(jdk_on_path)" \
    /usr/lib/jvm/* /opt/* /opt/*/* "${HOME:-/}"/.sdkman/candidates/java/* "${HOME:-/}"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [[ -n $home ]] && (($(jdk_release "$home") >= jdk_wanted)); then
      echo "$home"
      return 0
    fi
  done
  return 1
}
