"""Rows of the loader: photographs from files to batches, Gradus beside torchvision's and Pillow's pipelines.

The photographs are those of GRADUS_DATA/imagenet-sample, a folder of JPEGs for each class.
"""
import os
from pathlib import Path

from workers import BUILD, PYTHON, ROOT, Worker, note, short, stop_all, take_turns, warm_up

WORKS = {"train": "random_resized_crop 224, flip", "test": "resize 256, center_crop 224"}
WORKERS = (1, 2)
PIPELINES = ("torchvision", "pillow")
BATCH = 16
ROUNDS, SECONDS = 5, 2.0
COLUMNS = ("transforms", "workers", "Gradus, images/s", "a worker", "torchvision, images/s", "ratio", "Pillow, images/s",
           "ratio", "asked")


def folder():
    return Path(os.environ.get("GRADUS_DATA", ROOT.parent / "shared/data")) / "imagenet-sample"


def measure(work, count, rounds, seconds):
    words = [folder(), work, count, BATCH]
    workers = {"gradus": Worker([BUILD / "bench/loader_worker", *words], 1)}
    try:
        for pipeline in PIPELINES:
            workers[pipeline] = Worker([PYTHON, ROOT / "bench/pytorch_loader_worker.py", *words, pipeline], 1)
        for worker in workers.values():
            warm_up(worker, 0)
        times = take_turns(list(workers.values()), seconds, rounds)
    finally:
        stop_all(workers.values())
    return dict(zip(workers, (1e3 / time for time in times)))  # images a second


def run(page, rounds=None, seconds=None):
    if not folder().is_dir():
        note(f"without the loader: {folder()} is missing; GRADUS_DATA names the folder that holds imagenet-sample")
        return
    order = [[WORKS[work], str(count)] for work in WORKS for count in WORKERS]
    for work in WORKS:
        for count in WORKERS:
            rate = measure(work, count, rounds or ROUNDS, SECONDS if seconds is None else seconds)
            ratios = {name: rate["gradus"] / rate[name] for name in PIPELINES}
            print(f"loader {work} workers {count}: gradus {short(rate['gradus'])} images/s "
                  + " ".join(f"{name} {short(rate[name])} ratio {ratios[name]:.2f}" for name in PIPELINES), flush=True)
            cells = [WORKS[work], str(count), short(rate["gradus"]), short(rate["gradus"] / count)]
            for name in PIPELINES:
                cells += [short(rate[name]), f"{ratios[name]:.2f}"]
            page.put("loader", COLUMNS, [*cells, "at least 1, 1.5 wanted"], order)
