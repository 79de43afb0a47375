# The spark-submit command: our settings, then the user's. Sourced by spark-submit.sh.

ENVIRONMENT=()   # NAME=VALUE
COMMAND=()

# pyspark brings all of Spark; another Spark's SPARK_HOME must not lead elsewhere.
spark_home() {
  local home=$VENV/lib/python3/site-packages/pyspark   # shown by --dry-run before set-up
  for home in "$VENV"/lib/python3.*/site-packages/pyspark; do break; done
  printf '%s' "$home"
}

build_command() {
  local code
  build_environment
  code=$(code_zip)   # on its own, so that its failure ends the script
  COMMAND=("$(spark_home)/bin/spark-submit" --properties-file "$(properties_file)")
  if [ -z "$USER_MASTER$(user_setting spark.master)" ] && [ -n "${SPARK_MASTER:-}" ]; then
    COMMAND+=(--master "$SPARK_MASTER")
  fi
  add_jars
  add_list --py-files "$code" "$(user_value "$USER_PY_FILES" spark.submit.pyFiles)"
  # A file in jobs/ named like a module of Python or Spark must not be imported instead.
  COMMAND+=(--conf spark.executorEnv.PYTHONSAFEPATH=1)
  # The executors' Python is no path on the driver's machine.
  if [ -n "$(user_setting spark.pyspark.python)" ]; then
    COMMAND+=(--conf "spark.pyspark.driver.python=$VENV/bin/python")
  fi
  COMMAND+=(${SPARK_OPTIONS[@]+"${SPARK_OPTIONS[@]}"})
  COMMAND+=("${JOB:-pyspark-shell}" ${JOB_OPTIONS[@]+"${JOB_OPTIONS[@]}"})
}

build_environment() {
  local java_options
  java_options=$(trust_option)
  ENVIRONMENT=(
    "SPARK_HOME=$(spark_home)"
    "PYSPARK_PYTHON=$(executor_python)"
    "PYSPARK_DRIVER_PYTHON=$VENV/bin/python"
    PYTHONSAFEPATH=1
    PYTHONPATH=        # a job sees what is shipped, here as on a cluster
    PYTHONHASHSEED=0   # equal strings must hash alike in all of Spark's Pythons
    "NUMBA_CACHE_DIR=${NUMBA_CACHE_DIR:-$BUILD/kernels}"   # compiled ahead with the zip
    "SPARK_SUBMIT_OPTS=$java_options$(log_option)${SPARK_SUBMIT_OPTS:+ $SPARK_SUBMIT_OPTS}"
  )
  if [ -n "$JAVA_HOME" ]; then ENVIRONMENT+=("JAVA_HOME=$JAVA_HOME"); fi
  # On one machine nothing need listen on the network, nor does a changed address matter.
  if is_local; then ENVIRONMENT+=("SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1}"); fi
  # spark-submit takes the job's output through a pipe; its progress line wants the terminal.
  if [ "$MODE" = run ] && [ -t 2 ]; then
    ENVIRONMENT+=("SPARK_IMAGE_MATCH_TERMINAL=$(tty <&2)")
  fi
}

# An option of this JVM only: spark.driver.extraJavaOptions stays the user's.
log_option() {
  local file=$ROOT/conf/log4j2.properties
  printf '"-Dlog4j2.configurationFile=file://%s"' "${file// /%20}"
}

executor_python() {
  case $USER_ARCHIVES in
    *'#environment' | *'#environment,'*) printf '%s' ./environment/bin/python ;;
    *) printf '%s' "$VENV/bin/python" ;;
  esac
}

properties_file() { printf '%s' "${USER_PROPERTIES:-$ROOT/conf/spark-defaults.conf}"; }

# What the user gave as an option, else as a setting.
user_value() {
  if [ -n "$1" ]; then printf '%s' "$1"; else user_setting "$2"; fi
}

is_local() {
  local master=${USER_MASTER:-$(user_setting spark.master)}
  master=${master:-${SPARK_MASTER:-${MASTER:-local}}}
  case $master in local*) return 0 ;; *) return 1 ;; esac
}

add_jars() {
  local jars word
  jars=$(user_value "$USER_JARS" spark.jars)
  if jars_are_ready; then
    jars=$(joined "$(jar_list)" "$jars")
  else   # --dry-run before set-up
    while IFS= read -r word; do COMMAND+=("$word"); done < <(package_options)
  fi
  add_list --jars "$jars"
}

# Adds OPTION with its comma-separated values, unless all are empty.
add_list() {
  local option=$1 list
  shift
  list=$(joined "$@")
  if [ -n "$list" ]; then COMMAND+=("$option" "$list"); fi
}

# Builds the zip of our packages if their sources changed, and prints where it is. Nothing
# is shipped to a plain Python: there the project's folder itself is on the path.
code_zip() {
  local python=$VENV/bin/python kernels=$BUILD/kernels
  if [ "$MODE" = print-env ]; then return; fi
  if [ ! -x "$python" ]; then   # --dry-run before set-up
    python=$(choose_python)
    kernels=
  fi
  "$python" -I -S "$ROOT/launch/code_zip.py" "$ROOT" "$BUILD/code" ${kernels:+"$kernels"} \
    || die "cannot build the zip of the code in $BUILD/code"
}

# One option a line, ready to be pasted into a shell.
print_command() {
  local word
  printf 'env'
  for word in "${ENVIRONMENT[@]}"; do printf ' \\\n  %q' "$word"; done
  for word in "${COMMAND[@]}"; do
    case $word in -*) printf ' \\\n  %q' "$word" ;; *) printf ' %q' "$word" ;; esac
  done
  printf '\n'
}

# The same for a plain Python: pyspark reads its options from PYSPARK_SUBMIT_ARGS.
print_environment() {
  local pair options
  ENVIRONMENT+=("PYTHONPATH=$ROOT${PYTHONPATH:+:$PYTHONPATH}")
  for pair in "${ENVIRONMENT[@]}"; do printf 'export %s=%q\n' "${pair%%=*}" "${pair#*=}"; done
  options=$(printf '%q ' "${COMMAND[@]:1}")
  printf 'export PYSPARK_SUBMIT_ARGS=%q\n' "${options% }"
}
