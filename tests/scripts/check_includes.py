#!/usr/bin/env python3
"""The #include lines respect the order of the layers, and foreign libraries stay in one file each.

Run by ./run-tests; another folder may be named for a trial: check_includes.py [FOLDER].
"""
import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()

CHAIN = ["core", "ops", "autograd", "nn", "optim"]
MAY_INCLUDE = {layer: CHAIN[:place + 1] for place, layer in enumerate(CHAIN)}
MAY_INCLUDE["data"] = [*CHAIN[:-1], "data"]  # and EXCEPTIONS
MAY_INCLUDE["io"] = [*CHAIN, "io"]  # and EXCEPTIONS
MAY_INCLUDE["viz"] = [*CHAIN, "data", "io", "viz"]
MAY_INCLUDE["train"] = [*CHAIN, "data", "io", "train"]
MAY_INCLUDE["dist"] = [*CHAIN, "data", "io", "dist"]
MAY_INCLUDE["cli"] = [*MAY_INCLUDE, "cli"]

# Reading and writing files, which stand in io and include core alone.
FILES = {"io/folders.h", "io/input_file.h", "io/new_file.h"}

# What two folders include of each other: files of one for data, and where a loader stands for a training run's state.
EXCEPTIONS = {"data": FILES, "io": {"data/loader.h"}}

# Kernels see pointers, sizes and strides.
HIDDEN_FROM_KERNELS = {f"core/{name}.h" for name in ("tensor", "tensor_struct", "scope", "op", "node", "apply")}


def includes(path):
    """(line number, name, name resolved to a path in the tree or None) of each #include that is no comment."""
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), path.read_text(), flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if found:
            yield number, found[2], resolve(path, found[2], found[1] == '"')


def resolve(path, name, quoted):
    for folder in ([path.parent] if quoted else []) + [ROOT, ROOT / "include"]:
        candidate = (folder / name).resolve()
        if candidate.is_file() and ROOT in candidate.parents:
            return candidate.relative_to(ROOT)
    # A header that the build generates is in the layer that its name says.
    return Path(name) if name.split("/")[0] in MAY_INCLUDE else None


def layers():
    """(file, line number, included file) for all of the library's #include lines of the project's files."""
    for layer in MAY_INCLUDE:
        for path in sorted((ROOT / layer).rglob("*")):
            if path.suffix in (".c", ".h", ".inc"):
                for number, _, target in includes(path):
                    if target:
                        yield path.relative_to(ROOT), number, target


def check_layers():
    for path, number, target in layers():
        layer, other = path.parts[0], target.parts[0]
        allowed = other in MAY_INCLUDE[layer] or str(target) in EXCEPTIONS.get(layer, ())
        if other in MAY_INCLUDE and not allowed:
            yield f"{path}:{number}: {layer} may not include {target}"


def check_umbrella():
    for path, number, target in layers():
        if target.name == "gradus.h" and path.parts[0] != "cli":
            yield f"{path}:{number}: gradus.h is for users; include the headers that are needed"


def check_tests_stay_outside():
    for path, number, target in layers():
        if target.parts[0] in ("tests", "examples", "bench", "docs"):
            yield f"{path}:{number}: the library may not include {target}"


def check_kernels():
    for path, number, target in layers():
        if path.parts[:2] == ("ops", "kernels") and str(target) in HIDDEN_FROM_KERNELS:
            yield f"{path}:{number}: kernels see pointers, sizes and strides, not {target}"


def users_of(*headers):
    found = set()
    for layer in MAY_INCLUDE:
        for path in (ROOT / layer).rglob("*"):
            if path.suffix in (".c", ".h", ".inc"):
                if any(name.split("/")[-1] in headers for _, name, _ in includes(path)):
                    found.add(str(path.relative_to(ROOT)))
    return sorted(found)


def check_blis():
    users = users_of("blis.h", "cblas.h")
    if len(users) != 1:
        yield f"BLIS is to be included in one file, not in {', '.join(users) or 'none'}"


def check_libffi():
    users = users_of("ffi.h")
    if len(users) > 1:
        yield f"libffi is to be included in one file, not in {', '.join(users)}"


def check_files_and_network():
    for library, headers in {"libarchive": ("archive.h", "archive_entry.h"), "libcurl": ("curl.h",),
                             "OpenSSL": ("evp.h",)}.items():
        users = users_of(*headers)
        if len(users) > 1:
            yield f"{library} is to be included in one file, not in {', '.join(users)}"


def check_public_headers():
    umbrella = ROOT / "gradus.h"
    if not umbrella.is_file():
        yield "there is no gradus.h"
        return
    public = {target for _, _, target in includes(umbrella) if target}
    for header in sorted(public):
        if not (ROOT / header).is_file():
            continue
        for number, name, target in includes(ROOT / header):
            if target and target not in public:
                yield f"{header}:{number}: {header} is public, but {target} is not (gradus.h does not include it)"


def check_examples():
    for folder in ("examples", "docs/code"):
        for path in sorted((ROOT / folder).glob("*.c")):  # folders in there hold files of the library
            for number, name, target in includes(path):
                if target and target != Path("gradus.h") and target.parts[0] in MAY_INCLUDE:
                    yield f"{path.relative_to(ROOT)}:{number}: a user's program includes gradus.h, not {name}"


def main():
    rules = {"layers_respect_their_order": check_layers,
             "library_does_not_include_the_umbrella": check_umbrella,
             "library_does_not_include_tests": check_tests_stay_outside,
             "kernels_know_no_tensor": check_kernels,
             "blis_is_included_in_one_file": check_blis,
             "libffi_is_included_in_one_file_at_most": check_libffi,
             "libarchive_libcurl_and_openssl_are_included_in_one_file_at_most": check_files_and_network,
             "public_headers_include_no_private_ones": check_public_headers,
             "examples_include_the_umbrella_only": check_examples}
    failed = False
    for name, rule in rules.items():
        offences = list(rule())
        failed |= bool(offences)
        print(f"not ok {name} - {'; '.join(offences)}" if offences else f"ok {name}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
