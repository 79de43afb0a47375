"""However its parent ends, a child ends too."""

import signal

import pytest

from .conftest import Run, is_gone, wait_until

_PARENT = """
import os, sys, time
from sandbox import Limits, Sandbox
def work(data):
    if data == b"spin":
        while True: pass
    return b"%d" % os.getpid()
def main():
    sandbox = Sandbox(work, 10, Limits(cpu_seconds=1000))
    print(sandbox.submit(b"").result().decode(), flush=True)
"""

_DOINGS = {"idle": "    time.sleep(1000)", "busy": "    sandbox.submit(b'spin').result()"}
_ENDS = {
    "returns": "",
    "returns while the child works": "    sandbox.submit(b'spin')",
    "exits": "    sys.exit(0)",
    "exits at once": "    os._exit(0)",
}


@pytest.mark.parametrize("doing", _DOINGS)
def test_a_child_does_not_outlive_a_parent_that_is_killed(run: Run, doing: str) -> None:
    parent = run(f"{_PARENT}{_DOINGS[doing]}\nmain()")
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not is_gone(child)
    parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: is_gone(child))


@pytest.mark.parametrize("end", _ENDS)
def test_a_parent_that_forgets_to_close_ends_quietly(run: Run, end: str) -> None:
    parent = run(f"{_PARENT}{_ENDS[end]}\nmain()")
    said, complained = parent.communicate()
    assert (parent.returncode, complained) == (0, "")
    assert wait_until(lambda: is_gone(int(said)))


def test_a_child_ends_with_the_thread_that_started_it_and_is_replaced(run: Run) -> None:
    script = """
import threading
from sandbox import Sandbox
sandbox = Sandbox(bytes.upper, 10)
thread = threading.Thread(target=lambda: print(sandbox.submit(b"in a thread").result()))
sandbox = Sandbox(bytes.upper, 20)
thread.start()
thread.join()
print(sandbox.submit(b"after it").result())
sandbox.close()
"""
    assert run(script).communicate() == ("b'IN A THREAD'\nb'AFTER IT'\n", "")
