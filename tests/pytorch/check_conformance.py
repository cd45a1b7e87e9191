"""check_conformance - every op of the library against PyTorch, through calls by name.

Walks gra_ops() of the release build's libgradus.so: for each op the samples of tests/pytorch/conformance/, in several
dtypes and memory layouts; values, gradients and second gradients. An op without samples fails.

    check_conformance.py [OP...]
"""
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "conformance"))
ENOUGH = 5000  # cases of all ops together


def library():
    return Path(os.environ.get("GRADUS_BUILD", "build")).resolve() / "libgradus.so"


def prepare():
    """In each process: the library, PyTorch and the table."""
    global lib, walk
    import torch
    torch.set_num_threads(1)
    import gradus
    import walk as walk_module
    import activations, elementwise, indexing, losses, shapes, windows  # noqa: E401, F401: they fill the table
    lib, walk = gradus.Gradus(library()), walk_module


def run(schema):
    if schema.split("(")[0] not in walk.TABLE:
        return schema, 0, ["it has no samples in tests/pytorch/conformance/"]
    return schema, *walk.run_op(lib, schema)


def main():
    prepare()
    schemas = lib.schemas()
    wanted = sys.argv[1:] or sorted(schemas)
    start, total, failed = time.time(), 0, 0
    with ProcessPoolExecutor(2, initializer=prepare) as pool:
        for schema, count, failures in pool.map(run, [schemas[name] for name in wanted]):
            name = schema.split("(")[0]
            total += count
            failed += bool(failures)
            if failures:
                print(f"not ok {name} - {len(failures)} of {count + len(failures)} cases differ: {failures[0]}")
                for failure in failures[1:4]:
                    print(f"      {failure}")
            elif count == 0:
                failed += 1
                print(f"not ok {name} - PyTorch refuses all of its samples")
            else:
                print(f"ok {name} ({count} cases)")
    if not sys.argv[1:]:
        for name in sorted(set(walk.TABLE) - set(schemas)):
            print(f"not ok {name} - there are samples of it, but no such op")
        verdict = "ok" if total >= ENOUGH else "not ok"
        print(f"{verdict} at_least_{ENOUGH}_cases - {total} cases of {len(wanted)} ops in {time.time() - start:.0f} s")
        failed += total < ENOUGH
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
