#!/usr/bin/env python3
"""The `gradus` command: what it prints and the status it ends with. Run by ./run-tests; another build folder may be named."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build-tests") / "cli/gradus"


def gradus(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r}, expected {wanted!r}")


def ops_lists_the_schemas_of_all_ops():
    status, out, err = gradus("ops")
    lines = out.splitlines()
    expect((status, err), (0, ""))
    expect("relu(Tensor x) -> Tensor" in lines, True)
    expect(len(lines) > 100 and all(") -> " in line for line in lines), True)
    names = [line.split("(")[0] for line in lines]
    expect(names, sorted(set(names)))


def ops_with_a_name_prints_its_documentation():
    status, out, err = gradus("ops", "cat")
    expect((status, err), (0, ""))
    schema, empty, text = out.split("\n", 2)
    expect((schema, empty), ("cat(Tensor[] tensors, int dim=0) -> Tensor", ""))
    expect(text.startswith("Tensors joined along one dim.\n\n  y = [x0 | x1 | ..]"), True)


def every_op_has_a_documentation():
    for schema in gradus("ops")[1].splitlines():
        name = schema.split("(")[0]
        status, out, _ = gradus("ops", name)
        expect((status, out.split("\n", 1)[0], len(out) > len(schema) + 20), (0, schema, True))


def an_unknown_op_is_an_error_with_the_nearest_names():
    status, out, err = gradus("ops", "layout_softmax2")
    expect((status, out, err), (1, "", 'gradus ops: there is no op "layout_softmax2"; did you mean log_softmax?\n'))


def a_wrong_call_shows_the_usage():
    expect(gradus("ops", "cat", "stack"), (2, "", "usage: gradus ops [NAME]\n"))
    status, out, err = gradus("opps")
    expect((status, out), (2, ""))
    expect(err.startswith('gradus: there is no command "opps"\nusage: gradus COMMAND [ARGUMENT...]\n'), True)
    expect(gradus()[0], 2)
    status, out, err = gradus("--help")
    expect((status, err), (0, ""))
    expect("gradus ops [NAME]" in out, True)
    expect(gradus("--version")[1].startswith("gradus 0."), True)


def main():
    failed = False
    for check in (ops_lists_the_schemas_of_all_ops, ops_with_a_name_prints_its_documentation,
                  every_op_has_a_documentation, an_unknown_op_is_an_error_with_the_nearest_names,
                  a_wrong_call_shows_the_usage):
        try:
            check()
            print(f"ok {check.__name__}")
        except Exception as error:  # a test's failure, whatever it is
            failed = True
            print(f"not ok {check.__name__} - {' '.join(str(error).split())}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
