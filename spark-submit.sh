#!/usr/bin/env bash
# The one door: prepares whatever a machine lacks, then hands over to spark-submit.
# Written for bash 3.2, the one that macOS ships. The rooms behind the door are in launch/.
set -euo pipefail
unset CDPATH   # with it, `cd` may print or go elsewhere

# The folder that really holds FILE, also when FILE is a symbolic link.
folder_of() {
  local file=$1 target
  while [ -L "$file" ]; do
    target=$(readlink "$file")
    case $target in /*) file=$target ;; *) file=$(dirname "$file")/$target ;; esac
  done
  cd -P "$(dirname "$file")" && pwd -P
}

ROOT=$(folder_of "${BASH_SOURCE[0]}")
BUILD=$ROOT/build
VENV=$ROOT/.venv

say() { printf 'spark-submit.sh: %s\n' "$*" >&2; }
# A user's mistake, or a machine that lacks something: one sentence, exit code 2.
die() { say "$*"; exit 2; }

. "$ROOT/launch/options.sh"
. "$ROOT/launch/python.sh"
. "$ROOT/launch/java.sh"
. "$ROOT/launch/jars.sh"
. "$ROOT/launch/command.sh"

usage() {
  cat <<'END'
Usage: ./spark-submit.sh [MODE] [spark-submit options] jobs/NAME.py [job options]

Runs a job of this project. The first start prepares the machine: Python packages into
.venv, a Java 17 where there is none, Spark's jars into build/. That takes a few minutes
and about 1.5 GB; later starts find everything in place.

Modes
  (none)        prepare what is missing, then run the job
  --setup       only prepare; with --dev, also the tools of `make check` and `make test`
  --dry-run     print the command that would run, prepare and run nothing
  --print-env   prepare, then print the environment as shell lines: a plain Python with
                eval "$(./spark-submit.sh --print-env)" starts the same Spark
  --help        print this

Options before the job file go to spark-submit (--master, --conf, --jars ...), those after
it to the job (jobs/NAME.py --help lists them). The job file is looked for in the current
folder, then in the project. Without --master a job runs on all cores of this machine.
Without --properties-file, conf/spark-defaults.conf holds Spark's settings.
With --archives FILE#environment the executors use environment/bin/python.

Environment
  PYTHON        the Python (3.11 to 3.13) that makes .venv; else the first on PATH
  JAVA_HOME     a Java 17; else java on PATH; else one from the Python packages
  SPARK_MASTER  the master where --master is not given
  PIP_INDEX_URL, DEFAULT_ARTIFACT_REPOSITORY
                a company's mirrors for Python packages and for jars

Exit code: the job's own; 2 if the options are wrong or the machine lacks something.
END
}

# Commas split Spark's lists, colons split PATH, and the others have a meaning in URIs.
check_root() {
  case $ROOT in
    *[,:\;#%?*]* | *'"'* | *\\* | *$'\n'*)
      die "Spark cannot work from the folder $ROOT: move the project to a path without any of , : ; # % ? * \" \\" ;;
  esac
}

main() {
  parse_arguments "$@"
  if [ "$MODE" = help ]; then usage; return; fi
  check_root
  if [ "$MODE" = run ] || [ "$MODE" = dry-run ]; then find_job; fi
  if [ "$MODE" != dry-run ]; then prepare; fi
  choose_java
  if [ "$MODE" = setup ]; then code_zip > /dev/null; return; fi   # compiles ahead, too
  build_command
  case $MODE in
    dry-run) print_command ;;
    print-env) print_environment ;;
    run) exec env "${ENVIRONMENT[@]}" "${COMMAND[@]}" ;;   # exec: signals and the exit code pass
  esac
}

main "$@"
