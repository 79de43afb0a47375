"""The Spark session of a job, and what it tells about the cluster."""

from pyspark.sql import SparkSession

from jobs.errors import UserError

_DOOR = "start jobs with ./spark-submit.sh, which brings Delta Lake and the code to the executors"


def open_session(name: str) -> SparkSession:
    """Return the session that spark-submit configured.

    Parameters
    ----------
    name : str
        The application's name in Spark's interface.

    Returns
    -------
    SparkSession
        With Delta Lake.

    Raises
    ------
    UserError
        If Delta Lake is not configured.
    """
    spark = SparkSession.builder.appName(name).getOrCreate()
    if "DeltaSparkSessionExtension" not in (spark.conf.get("spark.sql.extensions", None) or ""):
        spark.stop()
        raise UserError(f"this session has no Delta Lake: {_DOOR}")
    return spark


def running_tasks(spark: SparkSession) -> tuple[int, int]:
    """Return the finished and all tasks of the stages that run now.

    Parameters
    ----------
    spark : SparkSession
        The job's.

    Returns
    -------
    tuple of int and int
        Finished tasks, all tasks; zeros between stages.
    """
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    known = [stage for stage in stages if stage is not None]
    return sum(s.numCompletedTasks for s in known), sum(s.numTasks for s in known)


def cores(spark: SparkSession) -> int:
    """Return how many tasks the cluster runs at once, as far as it tells now.

    Parameters
    ----------
    spark : SparkSession
        The job's.

    Returns
    -------
    int
        At least 1.
    """
    return spark.sparkContext.defaultParallelism
