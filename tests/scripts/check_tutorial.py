#!/usr/bin/env python3
"""The pages show what their programs print: README.md and docs/ against the programs of the build.

Run by ./run-tests; another build folder, or another tree, may be named for a trial: check_tutorial.py [BUILD [FOLDER]].

A page quotes a program in its ```c blocks. A ```text block after such a block is what that program prints there: a run of
lines of its standard output, and one that comes after the runs that the page showed before. All that a tutorial's program
prints is shown. A block that holds a graph in Graphviz's language is drawn in the next image of the page.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
from check_readmes import is_slice  # noqa: E402

ROOT = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parents[2]).resolve()
BUILD = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build-tests")
SECONDS = 300


def pages():
    return [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if page.is_file()]


def programs():
    """Path of each program that a page may quote: its lines."""
    sources = sorted([*(ROOT / "docs/code").glob("*.c"), *(ROOT / "examples").glob("*.c")])
    return {path: [line.rstrip() for line in path.read_text().splitlines()] for path in sources}


def parts(page):
    """(line number, kind, lines) of the page's blocks, whose kind is their language, and of its images, kind "image"."""
    kind, block, first = None, [], 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.match(r"\s*```\s*(\S*)", line)
        if kind is None and fence:
            kind, block, first = fence[1].lower() or "plain", [], number + 1
        elif fence:
            yield first, kind, block
            kind = None
        elif kind is not None:
            block.append(line.rstrip())
        else:
            for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)", line):
                yield number, "image", [target]


def quoted(block, sources, current):
    """The program that a block is a slice of; the current one where several have it."""
    found = [path for path, lines in sources.items() if is_slice(block, lines)]
    return current if current in found else found[0] if found else None


class Outputs:
    """What programs print, run once each."""

    def __init__(self):
        self.lines = {}
        self.failures = []

    def of(self, source):
        if source not in self.lines:
            self.lines[source] = self.run(BUILD / source.parent.relative_to(ROOT) / source.stem, source)
        return self.lines[source]

    def run(self, program, source):
        name = source.relative_to(ROOT)
        if not os.access(program, os.X_OK):
            self.failures.append(f"{name} is not built: there is no {program}")
            return []
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([str(program)], cwd=folder, capture_output=True, text=True, timeout=SECONDS,
                                  stdin=subprocess.DEVNULL, env={"OMP_NUM_THREADS": "1", **os.environ})
        if done.returncode:
            self.failures.append(f"{name} exits with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return [line.rstrip() for line in done.stdout.splitlines()]


def find(block, lines, start):
    for at in range(start, len(lines) - len(block) + 1):
        if lines[at:at + len(block)] == block:
            return at
    return None


def check_outputs(outputs):
    """Each text block against the program quoted before it, and, in a tutorial, each line of the program's output."""
    sources = programs()
    for page in pages():
        name, current, place = page.relative_to(ROOT), None, {}
        complete = page.parent.name == "tutorial"
        for number, kind, block in parts(page):
            if kind == "c":
                current = quoted(block, sources, current) or current
                place.setdefault(current, 0)
            if kind != "text":
                continue
            if current is None:
                yield f"{name}:{number}: no program is quoted before this output"
                continue
            lines = outputs.of(current)
            at = find(block, lines, place[current])
            if at is None:
                yield f"{name}:{number}: {current.name} does not print this (any more): '{block[0] if block else ''}' ..."
                continue
            if complete and at > place[current]:
                yield f"{name}:{number}: before this, {current.name} prints '{lines[place[current]]}'"
            place[current] = at + len(block)
        for source, end in place.items():
            if complete and source and end < len(outputs.of(source)):
                yield f"{name}: {source.name} also prints '{outputs.of(source)[end]}', which the page does not show"


def check_programs(outputs):
    """Every program in docs/code runs without an error and is quoted by a page."""
    sources = programs()
    used = {quoted(block, sources, None) for page in pages() for _, kind, block in parts(page) if kind == "c"}
    for source in sources:
        if source.parent.name == "code":
            outputs.of(source)
            if source not in used:
                yield f"{source.relative_to(ROOT)} is quoted by no page"
    yield from outputs.failures


def drawn(svg):
    """The nodes, edges and labels of a drawing, without their places, which differ from version to version."""
    return sorted(re.findall(r"<title>(.*?)</title>", svg)), sorted(re.findall(r"<text[^>]*>(.*?)</text>", svg))


def check_drawings():
    for page in pages():
        graph = None
        for number, kind, block in parts(page):
            if kind == "text" and block and block[0].startswith("digraph"):
                graph = "\n".join(block)
            if kind != "image" or graph is None:
                continue
            done = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, text=True, timeout=SECONDS)
            image = page.parent / block[0]
            if done.returncode:
                yield f"{page.relative_to(ROOT)}:{number}: dot cannot draw the graph: {done.stderr.strip()}"
            elif not image.is_file() or drawn(image.read_text()) != drawn(done.stdout):
                yield f"{page.relative_to(ROOT)}:{number}: {block[0]} is not what dot makes of the graph above it"
            graph = None


def report(name, offences):
    print(f"not ok {name} - {'; '.join(offences)}" if offences else f"ok {name}")
    return bool(offences)


def main():
    outputs = Outputs()
    failed = report("output_blocks_are_what_programs_print", list(check_outputs(outputs)))
    failed |= report("programs_of_pages_run", list(check_programs(outputs)))
    if shutil.which("dot"):
        failed |= report("drawings_are_what_dot_makes", list(check_drawings()))
    else:
        print("skip drawings_are_what_dot_makes - dot is not installed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
