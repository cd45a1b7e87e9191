#!/usr/bin/env python3
"""Runs the tests of a build and sums their checks; ./run-tests calls it.

Three kinds of tests, two at a time:
  - the test programs of the meson build; those of suite "isa" once more for each instruction set below the best one
  - tests/scripts/check_*
  - tests/pytorch/check_*.py with --with-pytorch

A program reports through Check's summary line, "NN%: Checks: N, Failures: N, Errors: N"; all others, and skipped
checks, through lines "ok NAME", "not ok NAME - why" and "skip NAME - why". A program that crashes, runs out of time,
leaks, or reports nothing counts as one more failure.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JOBS = 2
PROGRAM_SECONDS = 300  # at least; meson's timeout where that is longer
SCRIPT_SECONDS = 1200
OUTPUT_LIMIT = 200_000  # characters of one failing test that are shown, from the end

SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
LINE = re.compile(r"^(ok|not ok|skip) (\S.*)$", re.M)

Test = collections.namedtuple("Test", "name suites command env cwd seconds alone")
Result = collections.namedtuple("Result", "test passed failed skipped output why elapsed")


def slower_instruction_sets():
    """The instruction sets that this machine has below the one that is chosen by itself."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return []
    flags = set(re.findall(r"\w+", Path("/proc/cpuinfo").read_text()))
    sets = ["baseline"] + (["avx2"] if {"avx2", "fma"} <= flags else []) + (["avx512"] if "avx512f" in flags else [])
    return sets[:-1]


def programs(build):
    meson = os.environ.get("MESON", "meson")
    listing = subprocess.run([meson, "introspect", "--tests", build], check=True, capture_output=True, text=True)
    for entry in json.loads(listing.stdout):
        # meson writes a suite as "project:suite", and as "project" a test that has none.
        suites = [suite.partition(":")[2] for suite in entry["suite"]]
        label = "/".join([suite for suite in suites if suite not in ("", "isa")][:1] + [entry["name"]])
        seconds = max(PROGRAM_SECONDS, entry["timeout"])
        test = Test(label, suites, entry["cmd"], entry["env"], entry["workdir"] or ROOT, seconds,
                    alone=not entry["is_parallel"])
        yield test
        if "isa" in suites:
            for isa in slower_instruction_sets():
                yield test._replace(name=f"{label} [{isa}]", env={**test.env, "GRADUS_ISA": isa})


def scripts(folder, python):
    for path in sorted((ROOT / folder).glob("check_*")):
        if path.suffix in (".py", ".sh"):
            suite = path.parent.name
            command = ["bash" if path.suffix == ".sh" else python, str(path)]
            yield Test(f"{suite}/{path.stem}", [suite], command, {}, ROOT, SCRIPT_SECONDS, alone=False)


def choose(tests, wanted):
    """The tests that one of the names picks, in their order, with the check that it names as the argument."""
    if not wanted:
        return tests
    chosen, lost = {}, []
    for name in wanted:
        pattern, _, check = name.partition(":")
        found = [test for test in tests if matches(test, pattern)]
        if not found:
            lost.append(name)
        for test in found:
            arguments = chosen.setdefault(test.name, [])
            if check:
                arguments.append(check)
    if lost:
        sys.exit(f"run-tests: no test is named {', '.join(lost)}; there are:\n  "
                 + "\n  ".join(sorted(test.name for test in tests)))
    return [test._replace(command=test.command + chosen[test.name]) for test in tests if test.name in chosen]


def matches(test, pattern):
    plain = test.name.partition(" ")[0]
    stem = plain.rpartition("/")[2]
    short = re.sub(r"^(test|check)_", "", stem)
    names = [test.name, plain, stem, short, plain.replace(stem, short), *test.suites]
    return any(name and fnmatch.fnmatchcase(name, pattern) for name in names)


def environment(test):
    """Sanitizers stop at the first error; what the caller's environment sets comes last and wins."""
    def joined(variable, options):
        return ":".join(filter(None, [options, os.environ.get(variable)]))

    return {
        "OMP_WAIT_POLICY": "passive",  # two programs share the cores
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        **os.environ,
        "CK_FORK": "no",
        # Not detect_stack_use_after_return: gcc 12 puts such frames at 32 bytes, and AVX-512 code reads at 64.
        "ASAN_OPTIONS": joined("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1:check_initialization_order=1:"
                                               "allocator_may_return_null=1"),
        "UBSAN_OPTIONS": joined("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1"),
        "GRADUS_BUILD": "build",
        **test.env,
    }


class Processes:
    """Those that run now, each the leader of its own group, so that an interrupt can end them all."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.ended = False

    def run(self, test):
        """Returns the output, the exit status (None when time ran out) and the seconds."""
        start = time.monotonic()
        with self.lock:
            if self.ended:
                return "", None, 0
            process = subprocess.Popen(test.command, cwd=test.cwd, env=environment(test), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
            self.running.add(process)
        status = 0
        try:
            output, _ = process.communicate(timeout=test.seconds)
            status = process.returncode
        except subprocess.TimeoutExpired:
            self.kill(process)
            output, _ = process.communicate()
            status = None
        with self.lock:
            self.running.discard(process)
        return output.decode(errors="replace"), status, time.monotonic() - start

    @staticmethod
    def kill(process):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def end(self):
        with self.lock:
            self.ended = True
            for process in self.running:
                self.kill(process)


def count(test, output, status, elapsed):
    """Adds up what a test reported and says why it failed beyond that, if it did."""
    lines = collections.Counter(kind for kind, _ in LINE.findall(output))
    summaries = [tuple(map(int, found)) for found in SUMMARY.findall(output)]
    skipped = lines["skip"]
    if summaries:
        checks = sum(summary[0] for summary in summaries)
        failed = sum(summary[1] + summary[2] for summary in summaries)
        # To Check, a check that says it skips is one that passes.
        passed = max(0, checks - failed - skipped)
    else:
        passed, failed = lines["ok"], lines["not ok"]
    why = ""
    if status is None:
        why = f"ran out of time after {test.seconds} s"
    elif status < 0:
        why = f"was ended by {signal.Signals(-status).name}"
    elif status > 0 and failed == 0:
        why = f"exited with {status} though no check failed"
    elif passed + failed + skipped == 0:
        why = "reported no check"
    return Result(test, passed, failed + bool(why), skipped, output, why, elapsed)


def show(result):
    verdict = "FAILED" if result.failed else "ok" if result.passed else "skipped"
    numbers = [f"{number} {word}" for number, word in
               ((result.passed, "passed"), (result.failed, "failed"), (result.skipped, "skipped")) if number]
    print(f"{verdict:8}{result.test.name:44} {result.elapsed:6.1f} s  {', '.join(numbers)}")
    if result.failed:
        print(f"---- {result.test.name}")
        if len(result.output) > OUTPUT_LIMIT:
            print(f"(the first {len(result.output) - OUTPUT_LIMIT} characters are left out)")
        print(result.output[-OUTPUT_LIMIT:].rstrip())
        if result.why:
            print(f"{result.test.name} {result.why}")
        print("----")
    else:
        for kind, text in LINE.findall(result.output):
            if kind == "skip":
                print(f"        skipped {text}")
    sys.stdout.flush()


def run_all(tests):
    processes = Processes()
    results = []

    def run(test):
        try:
            return count(test, *processes.run(test))
        except OSError as error:
            return Result(test, 0, 1, 0, "", f"could not start: {error}", 0)

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        try:
            together = [pool.submit(run, test) for test in tests if not test.alone]
            for future in concurrent.futures.as_completed(together):
                results.append(future.result())
                show(results[-1])
            for test in tests:
                if test.alone:
                    results.append(pool.submit(run, test).result())
                    show(results[-1])
        except KeyboardInterrupt:
            processes.end()
            pool.shutdown(cancel_futures=True)
            sys.exit(130)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build-tests")
    parser.add_argument("--with-pytorch", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    os.chdir(ROOT)

    # The long ones first: scripts build, and the comparisons load PyTorch.
    tests = list(scripts("tests/scripts", sys.executable))
    if options.with_pytorch:
        tests += scripts("tests/pytorch", str(ROOT / ".venv/bin/python"))
    tests += programs(options.build)
    results = run_all(choose(tests, options.names))

    passed, failed, skipped = (sum(getattr(result, field) for result in results)
                               for field in ("passed", "failed", "skipped"))
    broken = sorted(result.test.name for result in results if result.failed)
    if broken:
        print("Failed: " + ", ".join(broken))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
