# What the user asked for: reads the command line. Sourced by spark-submit.sh.
# Sets MODE, DEV, JOB, JOB_OPTIONS, SPARK_OPTIONS and the variables below.

MODE=run
DEV=                # set: also the development tools
JOB=
JOB_OPTIONS=()
SPARK_OPTIONS=()    # passed on as they are
CONF_OPTIONS=()     # each KEY=VALUE of the --conf options, passed on too
USER_MASTER=
USER_JARS=          # merged with ours: spark-submit would heed only the last --jars
USER_PY_FILES=      # merged likewise
USER_PROPERTIES=
USER_ARCHIVES=
USER_REPOSITORIES=

parse_arguments() {
  local name value
  while [ $# -gt 0 ]; do
    case $1 in
      --setup | --dry-run | --print-env) MODE=${1#--}; shift ;;
      --dev) DEV=1; shift ;;
      -h | --help) MODE=help; return ;;
      -v | --verbose | --supervise | --version) SPARK_OPTIONS+=("$1"); shift ;;
      --*=*) name=${1%%=*}; value=${1#*=}; shift; take_option "$name" "$value" ;;
      -*)
        [ $# -ge 2 ] || die "the option $1 needs a value (see --help)"
        name=$1 value=$2; shift 2; take_option "$name" "$value" ;;
      *) JOB=$1; shift; JOB_OPTIONS=("$@"); break ;;
    esac
  done
  if [ -n "$DEV" ] && [ "$MODE" != setup ]; then die "--dev goes with --setup"; fi
}

# One spark-submit option and its value: most are passed on, a few are merged with ours.
take_option() {
  case $1 in
    --jars) USER_JARS=$(joined "$USER_JARS" "$2"); return ;;
    --py-files) USER_PY_FILES=$(joined "$USER_PY_FILES" "$2"); return ;;
    --properties-file) USER_PROPERTIES=$2; return ;;
    --master) USER_MASTER=$2 ;;
    --archives) USER_ARCHIVES=$2 ;;
    --repositories) USER_REPOSITORIES=$2 ;;
    --conf | -c) CONF_OPTIONS+=("$2") ;;
  esac
  SPARK_OPTIONS+=("$1" "$2")
}

# Non-empty arguments, with commas between them.
joined() {
  local item list=
  for item in "$@"; do
    if [ -n "$item" ]; then list=${list:+$list,}$item; fi
  done
  printf '%s' "$list"
}

# The user's value of a Spark setting, from --conf or else from their properties file.
user_setting() {
  local key=$1 pair value=
  for pair in ${CONF_OPTIONS[@]+"${CONF_OPTIONS[@]}"}; do
    case $pair in "$key="*) value=${pair#*=} ;; esac
  done
  if [ -z "$value" ] && [ -r "$USER_PROPERTIES" ]; then
    value=$(sed -n -E "s/^[[:space:]]*${key//./\\.}[[:space:]]*[=:[:space:]][[:space:]]*//p" \
      "$USER_PROPERTIES" | tail -n 1)
  fi
  printf '%s' "$value"
}

# JOB becomes an absolute path: from the current folder, else from the project.
find_job() {
  [ -n "$JOB" ] || die "name the job to run, such as jobs/build_index.py (see --help)"
  local place
  for place in "$JOB" "$ROOT/$JOB"; do
    if [ -f "$place" ]; then
      JOB=$(cd "$(dirname "$place")" && pwd)/$(basename "$place")
      return
    fi
  done
  die "there is no job file $JOB, neither here nor in $ROOT"
}
