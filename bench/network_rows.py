"""Rows of whole networks: a training step or inference, Gradus beside PyTorch and the other opponents."""
from workers import (BUILD, FORMATS, PYTHON, ROOT, Worker, WorkerFailed, count, note, short, stop_all, take_turns,
                     warm_up)

# Of each network: pairs of batch and threads, the last of which stands for all; rounds; seconds.
NETS = {
    "lenet5": (((1, 1), (1, 2), (256, 1), (256, 2)), 5, 1.0),
    "alexnet": (((1, 1), (1, 2), (32, 1), (32, 2)), 5, 1.5),
    "vgg16": (((1, 1), (1, 2), (8, 1), (8, 2)), 3, 1.0),
}

# What is timed, and how the page calls it. An option of Gradus is a mode of its own, with the same
# opponents, called after its base; worker.c sets it up. It has one row, of the larger batch and 2 threads.
MODES = {"train": "training step", "infer": "inference"}
OPTIONS = {"train-fused": "training step, `.fused_backward`", "infer-cached": "inference, `.cache_weights`"}

COLUMNS = ("work", "batch", "threads", "Gradus", "PyTorch", "ratio", "memory ratio", "torch.compile", "ratio",
           "ONNX Runtime", "ratio")

COMPILE_LIMIT = 300  # seconds that torch.compile may take; it may need minutes for the first step
EXPORT_LIMIT = 120


def rows_by_name():
    """The rows that each name stands for: (net, mode, batch, threads)."""
    names = {}
    for net, (sizes, _, _) in NETS.items():
        names[net] = [(net, mode, *size) for mode in MODES for size in sizes]
        names[net] += [(net, option, *sizes[-1]) for option in OPTIONS]
        for mode in (*MODES, *OPTIONS):
            names[f"{net}-{mode}"] = [(net, mode, *sizes[-1])]
    return names


class Opponents:
    """PyTorch in each memory format, and those that may be missing: {name: worker}."""

    def __init__(self, row, compiles, seconds):
        net, mode, batch, threads = row
        mode = mode.partition("-")[0]
        self.row = (net, mode, batch, threads)
        self.threads = threads
        self.others = {}
        self.eager = [self._pytorch(memory_format) for memory_format in FORMATS]
        try:
            times = [warm_up(worker, seconds) for worker in self.eager]
            if compiles:
                self._add("compile", self._pytorch(FORMATS[times.index(min(times))], "compile", limit=COMPILE_LIMIT),
                          seconds)
            if mode == "infer":
                self._add("onnxruntime", self._worker("onnxruntime_worker.py", limit=EXPORT_LIMIT), seconds)
        except BaseException:
            stop_all(self.all())
            raise

    def all(self):
        return [*self.eager, *self.others.values()]

    def _worker(self, script, *words, limit=None):
        return Worker([PYTHON, ROOT / "bench" / script, *self.row, *words], self.threads, limit)

    def _pytorch(self, *words, limit=None):
        return self._worker("pytorch_worker.py", *words, limit=limit)

    def _add(self, name, worker, seconds):
        self.others[name] = worker
        try:
            warm_up(worker, seconds)
        except WorkerFailed as failure:
            del self.others[name]
            note(f"without {name}: {failure}")


def measure(row, rounds, seconds, compiles):
    """A dict of the row's figures: times in ms, memory in MB."""
    gradus = Worker([BUILD / "bench/worker", *row], row[-1])
    opponents = None
    try:
        warm_up(gradus, seconds / 16)
        opponents = Opponents(row, compiles, seconds / 16)
        workers = [gradus, *opponents.all()]
        times = dict(zip(workers, take_turns(workers, seconds, rounds)))
        memory = {worker: worker.finish()[0] for worker in workers}
    finally:
        stop_all([gradus, *(opponents.all() if opponents else ())])
    best = min(opponents.eager, key=times.get)
    return {"gradus": times[gradus], "pytorch": times[best], "memory": memory[gradus] / memory[best],
            **{name: times[worker] for name, worker in opponents.others.items()}}


def line(row, figures):
    net, mode, batch, threads = row
    ours = figures["gradus"]
    text = (f"{net} batch {batch} {mode} {count(threads, 'thread')}: gradus {short(ours)} ms "
            f"pytorch {short(figures['pytorch'])} ms ratio {figures['pytorch'] / ours:.2f} "
            f"memory ratio {figures['memory']:.2f}")
    for name in ("compile", "onnxruntime"):
        if name in figures:
            text += f" {name} {short(figures[name])} ms ratio {figures[name] / ours:.2f}"
    return text


def cells(row, figures):
    _, mode, batch, threads = row
    ours = figures["gradus"]
    other = []
    for name in ("compile", "onnxruntime"):
        theirs = figures.get(name)
        other += [f"{short(theirs)} ms", f"{theirs / ours:.2f}"] if theirs else ["", ""]
    return [{**MODES, **OPTIONS}[mode], str(batch), str(threads), f"{short(ours)} ms",
            f"{short(figures['pytorch'])} ms", f"{figures['pytorch'] / ours:.2f}", f"{figures['memory']:.2f}", *other]


def run(rows, page, rounds=None, seconds=None, compiles=False):
    for row in rows:
        net = row[0]
        figures = measure(row, rounds or NETS[net][1], seconds or NETS[net][2], compiles)
        print(line(row, figures), flush=True)
        order = [[{**MODES, **OPTIONS}[mode], str(batch), str(threads)]
                 for _, mode, batch, threads in rows_by_name()[net]]
        page.put(net, COLUMNS, cells(row, figures), order)
