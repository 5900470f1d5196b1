"""Threads for calls that may hang."""

from __future__ import annotations

import os
import threading
from concurrent.futures import CancelledError

import pytest
from support.scripted_server import wait_until

from smooch.webhooks.apps.threads import CallerThread, DaemonThreads


def test_threads_start_when_needed_up_to_the_limit() -> None:
    threads = DaemonThreads(3, "some-test")
    assert threads.submit(threading.current_thread).result(10).daemon
    gate, running = threading.Event(), threading.Semaphore(0)

    def wait(number: int) -> int:
        running.release()
        gate.wait(10)
        return number

    calls = [threads.submit(wait, number) for number in range(7)]
    for _ in range(3):
        assert running.acquire(timeout=10)
    assert sum(thread.name.startswith("some-test") for thread in threading.enumerate()) == 3
    assert not running.acquire(blocking=False)
    gate.set()
    assert [call.result(10) for call in calls] == list(range(7))
    threads.close()
    wait_until(lambda: not any(thread.name.startswith("some-test") for thread in threading.enumerate()))


def test_a_call_cancelled_while_it_waits_never_runs() -> None:
    threads = DaemonThreads(1, "some-test")
    gate, ran = threading.Event(), []
    first = threads.submit(gate.wait, 10)
    second = threads.submit(ran.append, 1)
    assert second.cancel()
    gate.set()
    assert first.result(10)
    assert threads.submit(ran.append, 2).result(10) is None
    assert ran == [2]
    with pytest.raises(CancelledError):
        second.result(10)
    threads.close()


@pytest.mark.parametrize("threads", [DaemonThreads(1, "some-test"), CallerThread()])
def test_the_exception_of_a_call_is_in_its_future(threads: DaemonThreads | CallerThread) -> None:
    def stop() -> None:
        raise SystemExit(5)

    with pytest.raises(SystemExit):
        threads.submit(stop).result(10)
    assert threads.submit(max, 1, 2).result(10) == 2, "the thread goes on"
    threads.close()
    assert threads.submit(sorted, [2, 1], reverse=False).result(10) == [1, 2], "they can be used again"
    threads.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_they_start_again_in_a_child_process() -> None:
    threads = DaemonThreads(1, "some-test")
    gate = threading.Event()
    parents = threads.submit(gate.wait, 10)
    child = os.fork()
    if not child:
        os._exit(threads.submit(lambda: 7).result(10))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    gate.set()
    assert parents.result(10)
    threads.close()
