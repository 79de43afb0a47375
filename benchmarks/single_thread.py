"""Products on one thread: the threads of this project's own are one a core already."""

import os


def one_thread_for_products() -> None:
    """Tell numpy's library so; only before numpy is imported does it listen."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
