"""record - evaluates all cases with PyTorch and writes them to safetensors files, one for each file of
cases.

    record.py FOLDER [SEED] [NAME ...]       NAME: only these files of cases

tests/ops/recorded/ is what `record.py tests/ops/recorded` wrote; plain ./run-tests compares with it,
./run-tests --with-pytorch with fresh ones of another seed.
"""
import importlib
import sys
from pathlib import Path

from safetensors.torch import save_file

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "cases")]

import support


def main():
    folder, seed = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for file in sorted((HERE / "cases").glob("*.py")):
        if sys.argv[3:] and file.stem not in sys.argv[3:]:
            continue
        before = set(support.CASES)
        importlib.import_module(file.stem)
        named = {}
        for name in sorted(set(support.CASES) - before):
            named.update(support.record(name, seed))
        path = folder / f"{file.stem}.safetensors"
        save_file({key: value.contiguous().clone() for key, value in named.items()}, path)
        print(f"{len(support.CASES) - len(before)} cases in {path}")


main()
