"""Rows of what an op costs beyond its arithmetic: recorded ops on tensors of one element, on one thread."""
import subprocess
from pathlib import Path

from workers import BUILD, PYTHON, ROOT, Worker, WorkerFailed, note, stop_all, take_turns

OPS = ("mul", "add", "relu", "sigmoid")
PASSES = ("forward", "backward")
ROUNDS, SECONDS = 5, 0.3
COLUMNS = ("op", "pass", "Gradus", "PyTorch", "ratio", "libtorch", "ratio", "asked of Gradus")
ASKED = {"forward": "at most 200 ns", "backward": "at most 200 ns", "call": "at most 150 ns more than forward"}
# Both factors of mul need a gradient, so its rule is two multiplications and the sum in the leaf.
ORDER = [[op, which] for which in (*PASSES, "call") for op in OPS]


def libtorch():
    """The worker for libtorch, compiled where it is not there yet; None, with a note, where that fails."""
    program, source = BUILD / "bench/libtorch_overhead_worker", ROOT / "bench/libtorch_overhead_worker.cpp"
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    where = subprocess.run([PYTHON, "-c", "import torch; print(torch.__path__[0])"], capture_output=True, text=True)
    torch = Path(where.stdout.strip())
    build = subprocess.run(["g++", "-std=c++20", "-O2", source, "-o", program, f"-I{torch}/include",
                            f"-I{torch}/include/torch/csrc/api/include", f"-L{torch}/lib", f"-Wl,-rpath,{torch}/lib",
                            "-ltorch", "-ltorch_cpu", "-lc10"], capture_output=True, text=True)
    if build.returncode == 0:
        return program
    said = [line for line in build.stderr.splitlines() if "error" in line] or ["the compiler failed"]
    note(f"libtorch is left out: {said[0].strip()}")
    return None


def workers():
    commands = [[BUILD / "bench/overhead_worker"], [PYTHON, ROOT / "bench/pytorch_overhead_worker.py"]]
    program = libtorch()
    return [Worker(command, 1) for command in commands + ([[program]] if program else [])]


def show(page, op, which, times, forward):
    mine, others = times[0], times[1:]
    cells = [op, which, f"{mine:.0f} ns"]
    text = f"{op} {which}: gradus {mine:.0f} ns"
    for name, other in zip(("pytorch", "libtorch"), others):
        text += f" {name} {other:.0f} ns ratio {other / mine:.1f}"
        cells += [f"{other:.0f} ns", f"{other / mine:.1f}"]
    if which == "call":
        text += f", {mine - forward:.0f} ns more than forward"
    cells += [""] * (len(COLUMNS) - 1 - len(cells)) + [ASKED[which]]
    print(f"{text} ({ASKED[which]} is asked)", flush=True)
    page.put("overhead", COLUMNS, cells, ORDER)


def run(page, rounds=None, seconds=None):
    everyone = []
    seconds = SECONDS if seconds is None else seconds
    try:
        everyone = workers()
        forward = {}
        for which in PASSES:
            for op in OPS:
                times = take_turns(everyone, f"{op} {which} {seconds}", rounds or ROUNDS)
                forward.setdefault(op, times[0])
                show(page, op, which, times, None)
        for op in OPS:
            times = take_turns(everyone[:1], f"{op} call {seconds}", rounds or ROUNDS)
            show(page, op, "call", times, forward[op])
    finally:
        stop_all(everyone)
