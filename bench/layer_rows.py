"""Rows of single layers: each convolution and dense layer of a network alone, forward and both gradients.

Gradus and PyTorch both run in both memory formats, and the better one of each counts.
"""
from workers import BUILD, FORMATS, PYTHON, ROOT, Worker, count, short, stop_all, take_turns

# kind N C H W K R STRIDE PADDING GROUPS, as in layer_worker.c's requests; layers of one shape share a name.
VGG16 = {
    "conv1_1": "conv2d 8 3 224 224 64 3 1 1 1",
    "conv1_2": "conv2d 8 64 224 224 64 3 1 1 1",
    "conv2_1": "conv2d 8 64 112 112 128 3 1 1 1",
    "conv2_2": "conv2d 8 128 112 112 128 3 1 1 1",
    "conv3_1": "conv2d 8 128 56 56 256 3 1 1 1",
    "conv3_2-3": "conv2d 8 256 56 56 256 3 1 1 1",
    "conv4_1": "conv2d 8 256 28 28 512 3 1 1 1",
    "conv4_2-3": "conv2d 8 512 28 28 512 3 1 1 1",
    "conv5_1-3": "conv2d 8 512 14 14 512 3 1 1 1",
    "fc6": "linear 8 25088 1 1 4096 1 1 0 1",
    "fc7": "linear 8 4096 1 1 4096 1 1 0 1",
    "fc8": "linear 8 4096 1 1 1000 1 1 0 1",
}
ALEXNET = {
    "conv1": "conv2d 32 3 227 227 96 11 4 0 1",
    "conv2": "conv2d 32 96 27 27 256 5 1 2 2",
    "conv3": "conv2d 32 256 13 13 384 3 1 1 1",
    "conv4": "conv2d 32 384 13 13 384 3 1 1 2",
    "conv5": "conv2d 32 384 13 13 256 3 1 1 2",
    "fc6": "linear 32 9216 1 1 4096 1 1 0 1",
    "fc7": "linear 32 4096 1 1 4096 1 1 0 1",
    "fc8": "linear 32 4096 1 1 1000 1 1 0 1",
}
NETS = {"vgg16-layers": VGG16, "alexnet-layers": ALEXNET}

THREADS = (1, 2)
PASSES = ("forward", "input", "weight")
ROUNDS, SECONDS = 3, 0.2

COLUMNS = ("layer", "pass", "threads", "Gradus", "GFLOP/s", "of peak GFLOP/s", "PyTorch", "ratio")


def rows_of(name):
    """(layer, pass, threads); nobody asks for the gradient of the image."""
    layers = NETS[name]
    first = next(iter(layers))
    return [(layer, which, threads) for threads in THREADS for layer in layers for which in PASSES
            if (layer, which) != (first, "input")]


def gflop(shape):
    """Two for each multiplication of the direct formula; its sum is the same for the three passes."""
    n, c, h, w, k, r, stride, padding, groups = (int(word) for word in shape.split()[1:])
    outputs = ((h + 2 * padding - r) // stride + 1) * ((w + 2 * padding - r) // stride + 1)
    return 2e-9 * n * k * outputs * (c // groups) * r * r


class Team:
    """The processes that measure with one number of threads."""

    def __init__(self, threads):
        self.threads = threads
        self.peak = Worker([BUILD / "bench/peak", threads], threads)
        self.gradus = [Worker([BUILD / "bench/layer_worker", threads, form], threads) for form in FORMATS]
        self.pytorch = [Worker([PYTHON, ROOT / "bench/pytorch_layer_worker.py", threads, form], threads)
                        for form in FORMATS]

    def all(self):
        return [self.peak, *self.gradus, *self.pytorch]

    def measure(self, shape, which, rounds, seconds):
        """Milliseconds of Gradus and of PyTorch."""
        workers = [*self.gradus, *self.pytorch]
        for worker in workers:
            worker.ask(f"{shape} {which} 0")  # warms up
        times = take_turns(workers, f"{shape} {which} {seconds}", rounds)
        return min(times[:len(FORMATS)]), min(times[len(FORMATS):])


def put(name, row, ours, theirs, peak, page):
    layer, which, threads = row
    rate = gflop(NETS[name][layer]) / (1e-3 * ours)
    share = f"{100 * rate / peak:.0f} % of {peak:.0f}"
    print(f"{name.removesuffix('-layers')} {layer} {which} {count(threads, 'thread')}: gradus {short(ours)} ms "
          f"{rate:.0f} GFLOP/s {share} pytorch {short(theirs)} ms ratio {theirs / ours:.2f}", flush=True)
    page.put(name, COLUMNS, [layer, which, str(threads), f"{short(ours)} ms", f"{rate:.0f}", share,
                             f"{short(theirs)} ms", f"{theirs / ours:.2f}"],
             [[layer, which, str(threads)] for layer, which, threads in rows_of(name)])


def run(name, page, rounds=None, seconds=None):
    for threads in THREADS:
        team = Team(threads)
        try:
            peak = max(team.peak.ask(0.2) for _ in range(5))
            for row in rows_of(name):
                if row[2] == threads:
                    times = team.measure(NETS[name][row[0]], row[1], rounds or ROUNDS,
                                         SECONDS if seconds is None else seconds)
                    put(name, row, *times, peak, page)
            for worker in team.all():
                worker.finish()
        finally:
            stop_all(team.all())
