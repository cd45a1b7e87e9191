"""The PyTorch side of bench/compare; the same arguments and answers as worker.c."""
import statistics
import sys
import time

import torch
from torch import nn


def lenet5():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28)),  # stands for the Reshape: the input is [N, 28, 28]
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, stride=2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(),
        nn.Linear(120, 84), nn.Sigmoid(),
        nn.Linear(84, 10))


class Work:
    def __init__(self, train, batch, memory_format):
        torch.manual_seed(1)
        self.train = train
        self.net = lenet5().to(memory_format=memory_format)
        self.net.train(train)
        self.opt = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()
        self.x = torch.randn(batch, 28, 28)
        self.y = torch.randint(0, 10, (batch,))

    def step(self):
        if not self.train:
            with torch.inference_mode():
                self.net(self.x)
            return
        loss = self.loss(self.net(self.x), self.y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()


def median_step(work, seconds):
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work.step()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def peak_megabytes():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024


def main():
    net, mode, batch, threads = sys.argv[1:]
    assert net == "lenet5"
    torch.set_num_threads(int(threads))
    # Both memory formats; the better one counts.
    works = [Work(mode == "train", int(batch), f) for f in (torch.contiguous_format, torch.channels_last)]
    for line in sys.stdin:
        print(f"{min(median_step(work, float(line) / 2) for work in works):.6f}", flush=True)
    print(f"{peak_megabytes():.1f}", flush=True)


main()
