"""What a child inherits and what it may have."""

import os
import resource
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Limits, OutOfMemoryError

from .conftest import Open, Run

MEMORY = 128 * 2**20


def _listing(_data: bytes) -> bytes:
    names = sorted(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    return b" ".join(b"%d" % name for name in names)


def test_too_much_memory_costs_its_own_call_only(sandboxed: Open) -> None:
    sandbox = sandboxed(lambda data: bytes(len(bytes(int(data)))), 20, Limits(memory=MEMORY))
    calls = [sandbox.submit(b"%d" % size) for size in (MEMORY // 4, 2 * MEMORY, 10, 2 * MEMORY, 0)]
    assert [len(calls[index].result()) for index in (0, 2, 4)] == [MEMORY // 4, 10, 0]
    for index in (1, 3):
        with pytest.raises(OutOfMemoryError, match=f"more than {MEMORY} bytes"):
            calls[index].result()


def test_memory_that_calls_before_have_kept_fails_no_call(sandboxed: Open) -> None:
    kept = []

    def work(data: bytes) -> bytes:
        kept.append(bytearray(MEMORY * 3 // 10))
        return b"%d" % len(kept)

    sandbox = sandboxed(work, limits=Limits(memory=MEMORY))
    held = [int(sandbox.submit(b"").result()) for _ in range(12)]
    assert held == [held[index % max(held)] for index in range(12)]
    assert 2 <= max(held) <= 8  # a big parent has free memory of its own to give


def test_an_answer_that_cannot_be_packed_is_out_of_memory(sandboxed: Open) -> None:
    sandbox = sandboxed(lambda _: bytes(MEMORY * 3 // 4), limits=Limits(memory=MEMORY))
    with pytest.raises(OutOfMemoryError):
        sandbox.submit(b"").result()


def test_large_inputs_are_given_back(sandboxed: Open) -> None:
    def shared() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("RssShmem")))

    size = 2**25
    before = shared()
    sandbox = sandboxed(lambda data: b"%d" % len(data), size)
    calls = [sandbox.submit(bytes(size)), sandbox.submit(bytes(size))]
    assert shared() - before >= 2 * size
    assert [call.result() for call in calls] == [b"%d" % size] * 2
    assert shared() - before < size // 8


def test_a_limit_of_memory_that_is_lower_already_stays(run: Run) -> None:
    script = """
import resource
from sandbox import Limits, OutOfMemoryError, Sandbox
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**31))
def work(data):
    if data:
        bytearray(2**30)
    return repr(resource.getrlimit(resource.RLIMIT_AS)).encode()
for more in (2**30, 2**40):
    with Sandbox(work, 1, Limits(memory=more)) as sandbox:
        soft, hard = eval(sandbox.submit(b"").result())
        print(soft == 2**30, hard < 2**31, hard > 2**31)
        try:
            sandbox.submit(b"x").result()
        except OutOfMemoryError:
            print("out of memory")
"""
    told = "True True False\nout of memory\nTrue False False\nout of memory\n"
    assert run(script).communicate() == (told, "")


@pytest.fixture
def many_open() -> Iterator[None]:
    """A socket, and a descriptor above the number that is allowed by now."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as inherited:
        high = 900
        os.dup2(inherited.fileno(), high)
        resource.setrlimit(resource.RLIMIT_NOFILE, (800, limits[1]))
        yield
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        os.close(high)


def test_nothing_that_its_parent_has_open_is_open_in_a_child(
    sandboxed: Open, many_open: None
) -> None:
    other = sandboxed(_listing)
    assert len(other.submit(b"").result().split()) == 6
    listed = sandboxed(_listing).submit(b"").result().split()
    assert listed[:3] == [b"0", b"1", b"2"]
    assert len(listed) == 6  # two pipes, and the listing itself
    assert len(other.submit(b"").result().split()) == 6


def test_a_parent_without_standard_streams(run: Run) -> None:
    script = """
import os
from sandbox import Sandbox
os.closerange(0, 2)
with Sandbox(bytes.upper, 100) as sandbox:
    answers = [sandbox.submit(b"works").result() for _ in range(3)]
os.write(2, b" ".join(answers))
"""
    assert run(script).communicate() == ("", "WORKS WORKS WORKS")


def test_a_child_that_cannot_be_had_leaves_nothing_open(sandboxed: Open) -> None:
    sandbox = sandboxed(bytes.upper)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 3, limits[1]))  # one pipe and a half
    try:
        for _ in range(3):
            with pytest.raises(OSError, match="Too many open files"):
                sandbox.submit(b"a").result()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert sandbox.submit(b"b").result() == b"B"


def test_signals_find_no_handler_of_the_parent(run: Run, tmp_path: Path) -> None:
    script = f"""
import os, signal
from sandbox import CrashedError, Sandbox
parent = os.getpid()
def note(number, frame):
    if os.getpid() != parent:
        open({str(tmp_path / "noted")!r}, "a").write(f"{{number}} ")
signal.signal(signal.SIGINT, note)
signal.signal(signal.SIGTERM, note)
# As Ctrl-C that comes at the moment of the fork.
os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGINT))
def work(data):
    os.kill(os.getpid(), signal.SIGINT)
    if data:
        os.kill(os.getpid(), signal.SIGTERM)
    return str(signal.pthread_sigmask(signal.SIG_BLOCK, ())).encode()
with Sandbox(work, 1) as sandbox:
    print(sandbox.submit(b"").result().decode())
    try:
        sandbox.submit(b"x").result()
    except CrashedError as error:
        print(error)
os.kill(os.getpid(), signal.SIGTERM)
print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    told = "set()\nIt was killed by signal 15 (SIGTERM).\nset()\n"
    assert run(script).communicate() == (told, "")
    assert not (tmp_path / "noted").exists()


def test_a_child_dumps_no_core_and_is_the_first_to_be_killed(sandboxed: Open) -> None:
    def work(_data: bytes) -> bytes:
        core = resource.getrlimit(resource.RLIMIT_CORE)
        return repr((core, Path("/proc/self/oom_score_adj").read_text())).encode()

    assert sandboxed(work).submit(b"").result() == b"((0, 0), '1000\\n')"
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
