# The connectors' jars, fetched once. Sourced by spark-submit.sh.

# group:artifact:version, one a line. Delta's must match delta-spark in pyproject.toml.
JAR_PACKAGES=(
  io.delta:delta-spark_2.12:3.3.3
  org.elasticsearch:elasticsearch-spark-30_2.12:9.5.6
)
# group:artifact, one a line: dependencies that a package names but does not need. The connector
# names two that were never published, and some that Spark itself brings, in its own versions.
JAR_EXCLUSIONS=(
  org.elasticsearch:elasticsearch-hadoop-mr
  org.elasticsearch:elasticsearch-spark_2.12
  org.apache.spark:spark-yarn_2.12
  org.scala-lang:scala-reflect
  org.slf4j:slf4j-api
  commons-logging:commons-logging
  javax.xml.bind:jaxb-api
)

# The packages to fetch, one a line. A connector that the user brings is not fetched as well.
wanted_packages() {
  local package
  for package in "${JAR_PACKAGES[@]}"; do
    case $package,${USER_JARS:-} in
      *:elasticsearch-spark-30_*,*elasticsearch-spark-30_*.jar*) ;;
      *) printf '%s\n' "$package" ;;
    esac
  done
}

# One folder for each set of packages: a changed list never meets jars of the old one.
jars_folder() {
  local sum
  sum=$(printf '%s\n' "$(wanted_packages)" ${JAR_EXCLUSIONS[@]+"${JAR_EXCLUSIONS[@]}"} | cksum)
  printf '%s' "$BUILD/jars/${sum%% *}"
}

jars_are_ready() { [ -e "$(jars_folder)/complete" ]; }

# The fetched jars, with commas between them.
jar_list() { joined "$(jars_folder)"/jars/*.jar; }

# What makes spark-submit fetch the jars itself, one word a line.
package_options() {
  printf '%s\n' --packages "$(wanted_packages | paste -s -d , -)"
  if [ ${#JAR_EXCLUSIONS[@]} -gt 0 ]; then
    printf '%s\n' --exclude-packages "$(joined "${JAR_EXCLUSIONS[@]}")"
  fi
}

# Spark's own resolver (Ivy) fetches them, for a job that does nothing. It prints pages,
# so it does that here, once, into the log.
prepare_jars() {
  if jars_are_ready; then return; fi
  local folder options=() word
  folder=$(jars_folder)
  say "fetching Spark's jars into build/jars (about ten seconds)"
  rm -rf "$folder"
  while IFS= read -r word; do options+=("$word"); done < <(package_options)
  if [ -n "$USER_REPOSITORIES" ]; then options+=(--repositories "$USER_REPOSITORIES"); fi
  word=$(user_setting spark.jars.ivySettings)
  if [ -n "$word" ]; then options+=(--conf "spark.jars.ivySettings=$word"); fi
  printf 'pass\n' > "$BUILD/nothing.py"
  env JAVA_HOME="$JAVA_HOME" SPARK_HOME="$(spark_home)" PYSPARK_PYTHON="$VENV/bin/python" \
    SPARK_SUBMIT_OPTS="$(trust_option)${SPARK_SUBMIT_OPTS:-}" \
    "$(spark_home)/bin/spark-submit" --master 'local[1]' "${options[@]}" \
    --conf "spark.jars.ivy=$folder" "$BUILD/nothing.py" >> "$SETUP_LOG" 2>&1 < /dev/null \
    || die "cannot fetch Spark's jars: is the Maven repository reachable from here? The reason is at the end of $SETUP_LOG"
  : > "$folder/complete"
}
