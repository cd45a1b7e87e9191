"""The tables of docs/performance.md: rows that were run replace their rows, the rest of the page stays.

A table stands between two lines,

    <!-- rows:begin NAME -->
    <!-- rows:end -->

where NAME is a network, a network's layers, scaling or steady.  The block called machine holds the
machine's description.  The first cells of a row say which row it is.
"""
import json
import os
import platform
import re
import subprocess

from workers import BUILD, PYTHON, note


class NoPage:
    """For runs that are not kept."""

    def put(self, name, columns, cells, order):
        pass


class Page:
    """`template` is the page to begin with where `path` is not there yet."""

    def __init__(self, path, template):
        self.path = path
        self.text = (path if path.exists() else template).read_text()
        here, known = machine(), self._block("machine").strip()
        if known and known.split(";")[0] != here.split(";")[0]:
            note(f"{path} had figures of another machine, which are dropped")
            for name in re.findall(r"<!-- rows:begin (\S+) -->", self.text):
                self._set(name, "")
        self._set("machine", here)

    def put(self, name, columns, cells, order):
        """`order` lists the keys of all rows that the table may have; others are dropped."""
        rows = {tuple(row[:len(order[0])]): row for row in table_rows(self._block(name), len(columns))}
        rows[tuple(cells[:len(order[0])])] = cells
        kept = [rows[tuple(key)] for key in order if tuple(key) in rows]
        lines = [columns, ["---"] * len(columns), *kept]
        self._set(name, "\n".join("| " + " | ".join(line) + " |" for line in lines))
        self.path.write_text(self.text)

    def _find(self, name):
        match = re.search(rf"<!-- rows:begin {re.escape(name)} -->\n(.*?)<!-- rows:end -->", self.text, re.DOTALL)
        if not match:
            raise SystemExit(f"compare: {self.path} has no place for the rows of {name}; put these lines where they "
                             f"should stand:\n\n<!-- rows:begin {name} -->\n<!-- rows:end -->")
        return match

    def _block(self, name):
        return self._find(name)[1]

    def _set(self, name, text):
        match = self._find(name)
        middle = f"\n{text}\n\n" if text else ""
        self.text = self.text[:match.start(1)] + middle + self.text[match.end(1):]


def table_rows(block, columns):
    """The rows of a Markdown table that has that many columns, below its head."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in block.splitlines() if line.startswith("|")]
    return [row for row in rows[2:] if len(row) == columns]


def machine():
    """The processor; then what the programs were built with and run against."""
    parts = [f"{processor()}, {len(os.sched_getaffinity(0))} processors", system(), compiler()]
    for package, name in (("torch", "PyTorch"), ("onnxruntime", "ONNX Runtime")):
        answer = subprocess.run([PYTHON, "-c", f"from importlib.metadata import version; print(version('{package}'))"],
                                capture_output=True, text=True)
        if answer.returncode == 0:
            parts.append(f"{name} {answer.stdout.strip().partition('+')[0]}")
    return "; ".join(part for part in parts if part)


def processor():
    fields = {}
    for line in open("/proc/cpuinfo"):
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    flags = fields.get("flags", "").split()
    widest = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else ""
    family = f"family {fields['cpu family']} model {fields['model']}" if "cpu family" in fields else ""
    details = ", ".join(word for word in (family, widest) if word)
    return f"{fields.get('model name', platform.machine())}" + (f" ({details})" if details else "")


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def compiler():
    """What the compiler that Gradus was built with calls itself."""
    try:
        command = json.loads((BUILD / "compile_commands.json").read_text())[0]["command"].split()
        name = next(word for word in command if not word.endswith("ccache"))
        return subprocess.run([name, "--version"], capture_output=True, text=True).stdout.partition("\n")[0]
    except (OSError, KeyError, ValueError):
        return ""
