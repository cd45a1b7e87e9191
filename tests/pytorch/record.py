"""record - evaluates all cases with PyTorch and writes them to a safetensors file.

    record.py FILE [SEED]

tests/ops/recorded.safetensors is what `record.py tests/ops/recorded.safetensors` wrote; plain
./run-tests compares with it, ./run-tests --with-pytorch with a fresh one of another seed.
"""
import importlib
import sys
from pathlib import Path

from safetensors.torch import save_file

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "cases")]

import support


def main():
    path, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for file in sorted((HERE / "cases").glob("*.py")):
        importlib.import_module(file.stem)
    named = {}
    for name in sorted(support.CASES):
        named.update(support.record(name, seed))
    save_file({key: value.contiguous().clone() for key, value in named.items()}, path)
    print(f"{len(support.CASES)} cases in {path}")


main()
