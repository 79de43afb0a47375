"""Looks at a process through /proc."""

import os
import threading
import time

from sandbox.progress import progress_of

from .conftest import spin, wait_until


def test_processor_time_is_that_of_the_system() -> None:
    spin(0.05)
    before = sum(os.times()[:2])
    seen = progress_of(os.getpid())
    after = sum(os.times()[:2])
    assert seen is not None
    assert before - 0.03 <= seen.cpu_seconds <= after + 0.03  # a tick is 10 ms
    assert not seen.asleep


def test_of_a_sleeper_two_looks_are_equal_until_it_wakes() -> None:
    pipe, wake = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(wake)
        try:
            while os.read(pipe, 1):
                pass
        finally:
            os._exit(0)
    os.close(pipe)
    assert wait_until(lambda: (seen := progress_of(pid)) is not None and seen.asleep)
    first = progress_of(pid)
    time.sleep(0.02)
    assert progress_of(pid) == first
    os.write(wake, b"x")
    assert wait_until(lambda: progress_of(pid) != first)
    os.close(wake)
    os.waitpid(pid, 0)
    assert progress_of(pid) is None


def test_threads_that_end_while_they_are_looked_at_are_no_hindrance() -> None:
    enough = threading.Event()

    def churn() -> None:
        while not enough.is_set():
            thread = threading.Thread(target=int)
            thread.start()
            thread.join()

    churning = threading.Thread(target=churn)
    churning.start()
    seen = [progress_of(os.getpid()) for _ in range(500)]
    enough.set()
    churning.join()
    assert None not in seen
