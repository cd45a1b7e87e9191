"""overhead_worker.c with PyTorch: chains of ops on tensors of one element, in nanoseconds an op."""
import statistics
import sys
import time

import torch

from timing import peak_megabytes

LENGTH = 1000
OPS = {
    "mul": lambda h, w: h * w,
    "add": lambda h, w: h + w,
    "relu": lambda h, w: torch.relu(h),
    "sigmoid": lambda h, w: torch.sigmoid(h),
}


def measure(op, which, w):
    start = time.perf_counter_ns()
    h = w
    for _ in range(LENGTH):
        h = op(h, w)
    middle = time.perf_counter_ns()
    h.backward()
    end = time.perf_counter_ns()
    return (end - middle if which == "backward" else middle - start) / LENGTH


def main():
    torch.set_num_threads(1)
    w = torch.ones(1, requires_grad=True)
    for line in sys.stdin:
        op, which, seconds = line.split()
        times = []
        end = time.perf_counter() + float(seconds)
        while len(times) < 3 or time.perf_counter() < end:
            times.append(measure(OPS[op], which, w))
        print(f"{statistics.median(times):.3f}", flush=True)
    print(f"{peak_megabytes():.1f}", flush=True)


main()
