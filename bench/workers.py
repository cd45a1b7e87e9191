"""Processes that time a piece of work when asked, and take turns.

A worker is asked by a line that ends in a number of seconds, and answers with one number: the median time
of a step in milliseconds.  At the end of input it writes a last line, which begins with its peak resident
memory in MB.
"""
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("GRADUS_BUILD", ROOT / "build")).resolve()
PYTHON = sys.executable if "GRADUS_BUILD" in os.environ else str(ROOT / ".venv/bin/python")
FORMATS = ("contiguous", "channels_last")


class WorkerFailed(Exception):
    """With the last thing that the worker said."""


class Worker:
    """`limit`: the seconds that an answer may take, None for any."""

    def __init__(self, command, threads, limit=None):
        self.limit = limit
        self.answers = []
        self.complaints = tempfile.TemporaryFile("w+")
        # A session of its own: what the worker starts ends with it.
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.complaints, text=True,
                                        start_new_session=True,
                                        env=dict(os.environ, OMP_NUM_THREADS=str(threads)))

    def ask(self, request):
        try:
            print(request, file=self.process.stdin, flush=True)
            return self._line()[0]
        except BrokenPipeError:
            self._fail("it ended")

    def finish(self):
        """The numbers of its last line."""
        self.process.stdin.close()
        numbers = self._line()
        if self.process.wait() != 0:
            self._fail("it failed at its end")
        self.complaints.close()
        return numbers

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _line(self):
        if not select.select([self.process.stdout], [], [], self.limit)[0]:
            self._fail(f"no answer in {self.limit} s")
        try:
            return [float(word) for word in self.process.stdout.readline().split()] or self._fail("it ended")
        except ValueError:
            self._fail("its answer is no number")

    def _fail(self, reason):
        self.stop()
        self.complaints.seek(0)
        said = [line.strip() for line in self.complaints if line.strip()]
        raise WorkerFailed(said[-1] if said else reason)


def take_turns(workers, request, rounds):
    """Asks each worker in each round; the medians of their answers, which are kept in worker.answers."""
    for worker in workers:
        worker.answers = []
    for _ in range(rounds):
        for worker in workers:
            time.sleep(0.05)  # lets the other one's threads go to sleep
            worker.answers.append(worker.ask(request))
    return [statistics.median(worker.answers) for worker in workers]


def warm_up(worker, request):
    """The last of four answers: the first steps ask the system for memory, until it has all that a step needs."""
    return [worker.ask(request) for _ in range(4)][-1]


def stop_all(workers):
    for worker in workers:
        worker.stop()


def short(number):
    """Four digits: 0.123, 12.34, 1234."""
    decimals = sum(number < limit for limit in (10, 100, 1000))
    return f"{number:.{decimals}f}"


def count(number, noun):
    return f"{number} {noun}{'s' if number != 1 else ''}"


def note(text, said=set()):
    """Tells the reader something, once."""
    if text not in said:
        said.add(text)
        print(f"compare: {text}", file=sys.stderr, flush=True)
