#!/usr/bin/env python3
"""check_loader - batches, samplers and splits of the loader against those of torch.utils.data, live.

    check_loader.py

Compared are which examples come in which batch, for random sizes; of what is drawn at random, how many come and that none
comes twice. Run by ./run-tests --with-pytorch; GRADUS_BUILD names the build folder with loader_tool.
"""
import random
import sys
import warnings

from torch.utils.data import (DataLoader, DistributedSampler, IterableDataset, RandomSampler, get_worker_info,
                              random_split)

from checks import Tool, run_checks

tool = Tool("loader_tool")
warnings.simplefilter("ignore")  # of more workers than processors, of empty parts
chance = random.Random(7)


def lines(*arguments):
    return [[int(word) for word in line.split()] for line in tool(*arguments).splitlines()]


class Stream(IterableDataset):
    """The numbers below a size, of which a worker takes every n-th."""

    def __init__(self, size):
        self.size = size

    def __iter__(self):
        worker = get_worker_info()
        return iter(range(worker.id if worker else 0, self.size, worker.num_workers if worker else 1))


def compare(name, got, expected, *case):
    assert got == expected, f"{name} {case}: {got}, and PyTorch {expected}"


def check_batches_hold_the_examples_of_pytorchs(folder):
    for _ in range(40):
        size, batch, drop, workers = chance.randint(1, 60), chance.randint(1, 20), chance.randint(0, 1), chance.randint(0, 4)
        expected = [b.tolist() for b in DataLoader(range(size), batch_size=batch, drop_last=bool(drop))]
        compare("batches", lines("batches", size, batch, drop, workers), expected, size, batch, drop, workers)


def check_streams_come_as_pytorchs_workers_bring_them(folder):
    # Shares of the same length: what PyTorch does behind the first end depends on .prefetch_factor there.
    for batch, rounds, drop, workers in [(3, 4, 0, 0), (4, 3, 0, 2), (4, 3, 1, 3), (1, 5, 0, 4)]:
        size = batch * rounds * max(workers, 1)
        loader = DataLoader(Stream(size), batch_size=batch, drop_last=bool(drop), num_workers=workers)
        compare("stream", lines("stream", size, batch, drop, workers), [b.tolist() for b in loader], size, batch, drop, workers)
    for _ in range(10):
        size, batch, drop = chance.randint(1, 60), chance.randint(1, 20), chance.randint(0, 1)
        loader = DataLoader(Stream(size), batch_size=batch, drop_last=bool(drop))
        compare("stream", lines("stream", size, batch, drop, 0), [b.tolist() for b in loader], size, batch, drop)


def check_distributed_samplers_give_the_same_shares(folder):
    for _ in range(60):
        size, world = chance.randint(1, 40), chance.randint(1, 12)
        rank, drop = chance.randrange(world), chance.randint(0, 1)
        if drop and size < world:
            continue  # PyTorch gives no examples there; here it is an error
        expected = list(DistributedSampler(range(size), world, rank, shuffle=False, drop_last=bool(drop)))
        compare("distributed", lines("distributed", size, world, rank, drop), [expected], size, world, rank, drop)


def check_random_samplers_draw_as_many(folder):
    for _ in range(20):
        size, count = chance.randint(1, 30), chance.randint(1, 90)
        (got,) = lines("random", size, count)
        expected = list(RandomSampler(range(size), num_samples=count))
        for start in range(0, count, size):
            whole, theirs = got[start:start + size], expected[start:start + size]
            assert len(whole) == len(theirs) == len(set(whole)), f"random {size} {count}: {got}"


def check_random_splits_have_the_same_lengths(folder):
    for _ in range(40):
        size, count = chance.randint(1, 200), chance.randint(1, 8)
        cuts = sorted(chance.random() for _ in range(count - 1))
        fractions = [b - a for a, b in zip([0, *cuts], [*cuts, 1])]
        if sum(fractions) > 1:
            continue  # by a rounding; PyTorch refuses that
        expected = [len(part) for part in random_split(range(size), fractions)]
        compare("split", lines("split", size, *map(repr, fractions)), [expected], size, fractions)
        places = sorted(chance.randint(0, size) for _ in range(count - 1))
        lengths = [b - a for a, b in zip([0, *places], [*places, size])]
        expected = [len(part) for part in random_split(range(size), lengths)]
        compare("split", lines("split", size, *lengths), [expected], size, lengths)


if __name__ == "__main__":
    sys.exit(run_checks(dict(globals())))
