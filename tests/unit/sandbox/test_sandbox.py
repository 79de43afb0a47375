"""Calls and their answers, as long as nothing happens to the child."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from sandbox import Limits

from .conftest import PATIENCE_S, Open, spin, wait_until

PAGE = os.sysconf("SC_PAGE_SIZE")


def test_answers_belong_to_their_calls_however_many_are_under_way(sandboxed: Open) -> None:
    sandbox = sandboxed(bytes.upper)
    calls = [sandbox.submit(f"call {number}".encode()) for number in range(50)]
    for number in (49, 3, 3, *range(50)):
        assert calls[number].result() == f"CALL {number}".encode()


def test_two_calls_may_be_under_way_without_waiting(sandboxed: Open, tmp_path: Path) -> None:
    def work(data: bytes) -> bytes:
        wait_until((tmp_path / "both are submitted").exists)
        (tmp_path / data.decode()).touch()
        return data

    sandbox = sandboxed(work)
    calls = [sandbox.submit(b"one"), sandbox.submit(b"two")]
    assert not (tmp_path / "one").exists()
    (tmp_path / "both are submitted").touch()
    assert wait_until((tmp_path / "two").exists)
    assert [call.result() for call in calls] == [b"one", b"two"]


@pytest.mark.parametrize("most", [0, 1, PAGE - 1, PAGE, PAGE + 1])
def test_inputs_of_any_size_up_to_the_largest(sandboxed: Open, most: int) -> None:
    sandbox = sandboxed(bytes, most)
    for size in (0, most, most // 2, most, 0, most):
        data = os.urandom(size)
        calls = [sandbox.submit(data), sandbox.submit(bytes(reversed(data)))]
        assert [call.result() for call in calls] == [data, data[::-1]]
    with pytest.raises(ValueError, match=f"{most + 1} bytes are more"):
        sandbox.submit(bytes(most + 1))


@pytest.mark.parametrize("size", [0, 2**16 - 9, 2**16, 2**20, 2**24 + 1])
def test_answers_larger_than_a_pipe(sandboxed: Open, size: int) -> None:
    sandbox = sandboxed(lambda data: data * size)
    calls = [sandbox.submit(b"a"), sandbox.submit(b"b"), sandbox.submit(b"c")]
    assert [call.result() for call in calls] == [b"a" * size, b"b" * size, b"c" * size]


def test_what_is_no_bytes_is_refused_and_disturbs_no_other_call(sandboxed: Open) -> None:
    sandbox = sandboxed(bytes.upper)
    for number in range(4):
        first = sandbox.submit(b"first %d" % number)
        with pytest.raises(TypeError):
            sandbox.submit("text")  # type: ignore[arg-type]
        second = sandbox.submit(b"second %d" % number)
        assert first.place != second.place
        assert (first.result(), second.result()) == (b"FIRST %d" % number, b"SECOND %d" % number)


def _raises(data: bytes) -> bytes:
    if data == b"bad":
        raise OSError("what \udcff happened")
    return data


def _returns_none(data: bytes) -> bytes:
    return None if data == b"bad" else data  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("work", "told"),
    [(_raises, r"in _raises[\s\S]*OSError: what \\udcff happened"), (_returns_none, "TypeError")],
)
def test_a_fault_in_the_work_is_told_with_its_traceback(
    sandboxed: Open, work: object, told: str
) -> None:
    sandbox = sandboxed(work)
    calls = [sandbox.submit(data) for data in (b"one", b"bad", b"two")]
    assert (calls[0].result(), calls[2].result()) == (b"one", b"two")
    for _ in range(2):
        with pytest.raises(RuntimeError, match=told):
            calls[1].result()


def test_what_is_asked_of_a_closed_sandbox_is_refused(sandboxed: Open) -> None:
    sandbox = sandboxed(lambda data: spin(0.001) or data)
    done, *undone = (sandbox.submit(b"%d" % number) for number in range(3))
    sandbox.close()
    sandbox.close()
    assert done.result() == b"0"
    for call in undone:
        with pytest.raises(RuntimeError, match="closed before the call ended"):
            call.result()
    with pytest.raises(RuntimeError, match="the sandbox is closed"):
        sandbox.submit(b"late")


def test_a_sandbox_that_was_never_called_closes(sandboxed: Open) -> None:
    sandboxed(bytes).close()


def test_a_thread_may_have_a_sandbox(sandboxed: Open) -> None:
    answers = []

    def use() -> None:
        sandbox = sandboxed(bytes.upper)
        answers.extend(sandbox.submit(b"a").result() for _ in range(3))
        sandbox.close()

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert answers == [b"A"] * 3


class _Interrupt(BaseException):
    pass


def test_an_interrupt_amid_an_answer_leaves_no_half_of_it(
    sandboxed: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise _Interrupt

    parent, asked = os.getpid(), time.monotonic()

    def work(data: bytes) -> bytes:
        if time.monotonic() - asked < PATIENCE_S:  # the second time it is let be
            threading.Timer(0.02, os.kill, (parent, signal.SIGUSR1)).start()
        return data * 2**26

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        sandbox = sandboxed(work, 1, Limits(stuck_seconds=60))
        calls = [sandbox.submit(b"a"), sandbox.submit(b"b")]
        with pytest.raises(_Interrupt):
            calls[0].result()
        asked -= PATIENCE_S
        assert [call.result()[:: 2**22] for call in calls] == [b"a" * 16, b"b" * 16]
    finally:
        signal.signal(signal.SIGUSR1, before)
