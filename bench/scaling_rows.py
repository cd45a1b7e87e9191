"""Rows of Gradus alone: how its time grows with threads and batch, and what a step asks of the system."""
from workers import BUILD, Worker, count, short, stop_all, take_turns, warm_up

# The work whose time is compared with other work's, and the bound that the ratio is to keep.
GROWTH = (
    (("vgg16", "train", 8, 1), ("vgg16", "train", 8, 2), "at least 1.8"),
    (("vgg16", "train", 16, 2), ("vgg16", "train", 8, 2), "at most 2.1"),
)
STEADY = [(net, mode, batch, 2) for net, batch in (("lenet5", 256), ("alexnet", 32), ("vgg16", 8))
          for mode in ("train", "infer")]

GROWTH_COLUMNS = ("work", "time", "over", "time", "ratio", "asked")
STEADY_COLUMNS = ("work", "page faults a step", "system calls for memory a step")
ROUNDS, SECONDS = 3, 1.0


def name_of(work):
    net, mode, batch, threads = work
    return f"{net} batch {batch} {mode} {count(threads, 'thread')}"


def growth(page, rounds, seconds):
    workers = {}
    try:
        for work in dict.fromkeys(work for pair in GROWTH for work in pair[:2]):
            workers[work] = Worker([BUILD / "bench/worker", *work], work[-1])
            warm_up(workers[work], seconds / 16)
        times = dict(zip(workers, take_turns(list(workers.values()), seconds, rounds)))
    finally:
        stop_all(workers.values())
    for work, other, bound in GROWTH:
        ratio = times[work] / times[other]
        print(f"{name_of(work)}: {short(times[work])} ms over {name_of(other)}: {short(times[other])} ms "
              f"ratio {ratio:.2f} ({bound} is asked)", flush=True)
        page.put("scaling", GROWTH_COLUMNS, [name_of(work), f"{short(times[work])} ms", name_of(other),
                                             f"{short(times[other])} ms", f"{ratio:.2f}", bound],
                 [[name_of(work)] for work, _, _ in GROWTH])


def steady(page, work, rounds, seconds):
    worker = Worker([BUILD / "bench/worker", *work], work[-1])
    try:
        warm_up(worker, seconds)
        for _ in range(rounds):
            worker.ask(seconds)
        _, faults, calls = worker.finish()
    finally:
        worker.stop()
    print(f"{name_of(work)} steady state: {faults:.2f} page faults a step {calls:.2f} system calls for memory a step",
          flush=True)
    page.put("steady", STEADY_COLUMNS, [name_of(work), f"{faults:.2f}", f"{calls:.2f}"],
             [[name_of(work)] for work in STEADY])


def run(page, rounds=None, seconds=None):
    growth(page, rounds or ROUNDS, SECONDS if seconds is None else seconds)
    for work in STEADY:
        steady(page, work, rounds or ROUNDS, SECONDS if seconds is None else seconds)
