#!/usr/bin/env python3
"""Adding an op takes one file, one line and one prototype: the steps of docs/how-to/add-an-op.md, taken.

Run by ./run-tests; another build folder may be named: check_add_op.py [BUILD]. The sources are copied, the page's blocks
are put where it says, and a program that is linked with the new op, the new table and the library of the build calls it.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2].resolve()
BUILD = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build-tests")
PAGE = ROOT / "docs/how-to/add-an-op.md"

PROGRAM = r"""
#include "gradus.h"
#include <stdio.h>

int main(void)
{
    gra_tensor *x = gra_requires_grad(gra_vector(-4, -1, 1, 4));
    gra_tensor *y = gra_hardswish(x);
    gra_backward(gra_sum(y));
    for (int64_t i = 0; i < 4; i++)
        printf("%.6f %.6f\n", gra_tensor_at(y, GRA_SHAPE(i)), gra_tensor_at(gra_tensor_grad(x), GRA_SHAPE(i)));
    printf("%s\n%s", gra_find_op("hardswish")->schema, gra_op_doc(gra_find_op("hardswish")));
    printf("\n----\n");
    return gra_check_op("hardswish", stdout) < 0;
}
"""


def block(language):
    """The one block of a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), flags=re.M | re.S)
    assert len(found) == 1, f"the page has {len(found)} blocks of '{language}'"
    return found[0]


def take_the_steps(tree):
    (tree / "ops/hardswish.c").write_text(block("c"))
    listing = tree / "ops/meson.build"
    listing.write_text(listing.read_text().replace("op_files = {\n", "op_files = {\n" + block("meson"), 1))
    header = tree / "ops/ops.h"
    text = header.read_text()
    neighbour = "gra_tensor *gra_tanh("
    assert neighbour in text, "ops.h has no gra_tanh"
    header.write_text(text.replace(neighbour, block("h") + neighbour, 1))


def table_of(tree):
    """The table of all ops as C, made as the build makes it."""
    text = (tree / "ops/meson.build").read_text()
    body = re.search(r"op_files = \{\n(.*?)\n\}", text, flags=re.S)[1]
    listed = ["ops/" + file + ".c=" + ",".join(re.findall(r"'(\w+)'", ops))
              for file, ops in re.findall(r"'(\w+)': \[(.*?)\]", body, flags=re.S)]
    return subprocess.run([sys.executable, "ops/make_table.py", *listed], check=True, capture_output=True, text=True,
                          cwd=tree).stdout


def commands():
    """How the build compiles and links a program: the last two commands for one of the pages' programs."""
    lines = subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", "docs/code/readme"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return [shlex.split(line) for line in lines if "readme" in line][-2:]


def compiled(command, tree, source):
    """The command with another source, and with the copy's headers before the others."""
    result, skip = [], False
    for word in command:
        if not skip and word not in ("-MD", "-MQ", "-MF", "-o") and not word.endswith("readme.c"):
            result.append(word)
        skip = word in ("-MQ", "-MF", "-o")
    target = source.with_suffix(".o")
    place = result.index("-c")
    subprocess.run([*result[:place], f"-I{tree}", "-c", str(source), "-o", str(target)], check=True, cwd=BUILD)
    return str(target)


def build(tree, folder):
    compile_one, link = commands()
    compile_one = [word for word in compile_one if not word.startswith("-I") or "include" in word]
    (folder / "table.c").write_text(table_of(tree))
    (folder / "main.c").write_text(PROGRAM)
    objects = [compiled(compile_one, tree, source) for source in (folder / "main.c", tree / "ops/hardswish.c", folder / "table.c")]
    program = folder / "main"
    words = []
    for word in link:
        words += objects if word.endswith("readme.c.o") else [str(program) if word == "docs/code/readme" else word]
    subprocess.run(words, check=True, cwd=BUILD)
    return program


def expected(x):
    slope = 0 if x < -3 else 1 if x > 3 else (2 * x + 3) / 6
    return f"{x * min(max(x + 3, 0), 6) / 6:.6f} {slope:.6f}".replace("-0.000000", "0.000000")


def check(tree, folder):
    """What is wrong with what the program prints, or None."""
    # The new table takes the place of the library's own, which the sanitizer would call a second definition.
    environment = {**os.environ, "LD_LIBRARY_PATH": str(BUILD), "ASAN_OPTIONS": "detect_odr_violation=0"}
    done = subprocess.run([str(build(tree, folder))], capture_output=True, text=True, check=False, timeout=300, env=environment)
    said, _, verdict = done.stdout.partition("----\n")
    lines = [line.replace("-0.000000", "0.000000") for line in said.splitlines()]
    if done.returncode or done.stderr:
        return f"exit status {done.returncode}: {done.stdout}{done.stderr}"
    if lines[:4] != [expected(x) for x in (-4, -1, 1, 4)]:
        return f"wrong numbers: {lines[:4]}"
    if lines[4] != "hardswish(Tensor x) -> Tensor" or "min(max(x + 3, 0), 6) / 6" not in said:
        return f"the op is not in the table: {lines[4:]}"
    if verdict not in PAGE.read_text():
        return f"the page shows another verdict than\n{verdict}"
    return None


def main():
    name = "the_page_on_adding_an_op_adds_one"
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for path in ("gradus.h", "core", "ops", "autograd", "nn", "optim", "data", "io", "train", "viz"):
            source = ROOT / path
            shutil.copytree(source, tree / path) if source.is_dir() else shutil.copy(source, tree / path)
        take_the_steps(tree)
        wrong = check(tree, Path(folder))
    print(f"not ok {name} - {wrong}" if wrong else f"ok {name}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
