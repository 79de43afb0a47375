# The Python environment: .venv from the lock file. Sourced by spark-submit.sh.

SETUP_LOG=$BUILD/setup.log
STAMP=$VENV/.prepared            # what the environment was made from, written last
UNFINISHED=$VENV/.unfinished     # there while packages are being installed
UNFINISHED_VENV=$BUILD/unfinished-venv   # there while .venv itself is being made

# Makes the environment and fetches the jars where they are missing or out of date.
prepare() {
  if is_prepared; then return; fi
  mkdir -p "$BUILD" || die "cannot write in $ROOT"
  local interpreter
  interpreter=$(choose_python) || exit 2
  check_platform
  hold_setup_lock "$interpreter"
  if is_prepared; then exec 9>&-; return; fi   # another start did it while this one waited
  say "preparing this machine, once; details go to build/setup.log"
  : > "$SETUP_LOG"
  prepare_packages "$interpreter"
  choose_java
  prepare_jars
  if [ -n "$JAVA_FROM_PACKAGES" ]; then say "no Java 17 on this machine: using the one in .venv"; fi
  say "ready"
  exec 9>&-
}

is_prepared() { packages_are_ready && jars_are_ready; }

packages_are_ready() {
  [ -x "$VENV/bin/python" ] && [ ! -e "$UNFINISHED" ] || return 1
  local wanted=$ROOT/requirements.lock recorded=$STAMP
  if [ -n "$DEV" ]; then wanted=$ROOT/requirements-dev.lock recorded=$STAMP-dev; fi
  [ -r "$recorded" ] && [ "$(stamp_of "$wanted")" = "$(cat "$recorded")" ]
}

# A lock file's checksum and the environment's Python: both decide what is installed.
stamp_of() {
  cksum < "$1"
  "$VENV/bin/python" -I -S -c 'import sys; print("python %d.%d" % sys.version_info[:2])' 2>&1
}

# Prints the first usable Python. Names on PATH that do not run (a pyenv shim without a
# version behind it) or that lack the venv module are passed over.
choose_python() {
  local names=(python3.13 python3.12 python3.11 python3 python) name version unusable= without_venv=
  if [ -n "${PYTHON:-}" ]; then names=("$PYTHON"); fi
  for name in "${names[@]}"; do
    version=$("$name" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case $version in
      3.11 | 3.12 | 3.13) ;;
      *) unusable=${unusable:-$version}; continue ;;
    esac
    if "$name" -I -c 'import venv, ensurepip' 2>/dev/null; then printf '%s' "$name"; return; fi
    without_venv=${without_venv:-$version}
  done
  if [ -n "$without_venv" ]; then
    die "Python $without_venv lacks its venv module: install it (Debian, Ubuntu: apt install python$without_venv-venv)"
  fi
  die "Python 3.11, 3.12 or 3.13 is needed, but ${PYTHON:-this machine} has ${unusable:-none that runs}:" \
    "install one, or name one in the variable PYTHON"
}

check_platform() {
  case $(uname -s) in
    Linux | Darwin) ;;
    *) die "Spark's Python workers need Linux or macOS: on Windows, use WSL" ;;
  esac
}

# Waits until no other start prepares. The lock belongs to the open file 9, which this
# shell and its children share: the kernel frees it when the last of them ends, however.
hold_setup_lock() {
  exec 9>> "$BUILD/setup.lock"
  "$1" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null && return
  say "another start is preparing this machine: waiting for it"
  "$1" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' || die "cannot lock $BUILD/setup.lock"
}

prepare_packages() {
  if packages_are_ready; then return; fi
  local lock=$ROOT/requirements.lock
  if [ -n "$DEV" ]; then lock=$ROOT/requirements-dev.lock; fi
  check_java_can_be_had
  make_venv "$1"
  say "installing Python packages into .venv (one to five minutes, about 1 GB)"
  install_packages "$lock"
  record_stamps
}

# A new environment, unless the one that is there is whole and of a Python that we support.
make_venv() {
  if [ ! -e "$UNFINISHED_VENV" ] && venv_is_usable; then return; fi
  : > "$UNFINISHED_VENV"
  "$1" -I -m venv --clear "$VENV" >> "$SETUP_LOG" 2>&1 || die "cannot make $VENV: see $SETUP_LOG"
  rm -f "$UNFINISHED_VENV"
}

# Its Python may have gone or changed under it, with the system's.
venv_is_usable() {
  local version
  version=$("$VENV/bin/python" -I -c 'import pip, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || return 1
  case $version in 3.11 | 3.12 | 3.13) [ -d "$VENV/lib/python$version/site-packages" ] ;; *) return 1 ;; esac
}

# pip brings uv, pinned; uv brings the rest. After an interruption everything is put in
# anew, because a half-unpacked package looks installed.
install_packages() {
  local again=
  if [ -e "$UNFINISHED" ]; then again=--reinstall; fi
  : > "$UNFINISHED"
  {
    PIP_USER=0 "$VENV/bin/python" -I -m pip install ${again:+--force-reinstall} --require-hashes \
      --progress-bar off --disable-pip-version-check -r "$ROOT/launch/requirements.lock" \
      && take_over_pip_settings \
      && "$VENV/bin/uv" pip install $again --require-hashes --no-progress \
        --python "$VENV/bin/python" --build-constraints "$ROOT/launch/requirements.lock" -r "$1"
  } >> "$SETUP_LOG" 2>&1 \
    || die "cannot install the Python packages: is the package index reachable from here? The reason is at the end of $SETUP_LOG"
  rm -f "$UNFINISHED"
}

# uv reads none of pip's settings; a company's mirror and certificates are set there.
take_over_pip_settings() {
  local index=${PIP_INDEX_URL:-}
  if [ -z "$index" ]; then
    index=$("$VENV/bin/python" -I -m pip config get global.index-url 2>/dev/null) || index=
  fi
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
  if [ -n "${PIP_CERT:-}" ]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$PIP_CERT}; fi
}

# The development tools' lock holds the application's packages, in the same versions.
record_stamps() {
  stamp_of "$ROOT/requirements.lock" > "$STAMP"
  if [ -n "$DEV" ]; then stamp_of "$ROOT/requirements-dev.lock" > "$STAMP-dev"; fi
}
