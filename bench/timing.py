"""timing.c in Python: what the Python workers of bench/compare share.  It imports nothing that is timed."""
import statistics
import sys
import time


def median_step(step, seconds):
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 1 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def peak_megabytes():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024


def answer(step_of, parts=1):
    """Answers the lines on standard input: step_of makes a step of the words before the seconds, of which a part's
    time is told."""
    for line in sys.stdin:
        *request, seconds = line.split()
        print(f"{median_step(step_of(request), float(seconds)) / parts:.6f}", flush=True)
    print(f"{peak_megabytes():.1f}", flush=True)
