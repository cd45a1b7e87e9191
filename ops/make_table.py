"""make_table FILE.c=NAME,NAME... - the table of all ops and their docs, as C.

The files and their ops are those of the list in ops/meson.build. The doc of an op is the comment that its file
begins with, without the file's name."""
import json
import re
import sys
import textwrap
from pathlib import Path


def doc(path):
    """The opening comment of a file: its first line, "name.c - what it is.", begins with what it is."""
    comment = re.match(r"/\*(.*?)\*/", path.read_text(), re.S)
    if not comment:
        sys.exit(f"{path}: an op's file begins with a comment, which is the op's documentation")
    lines = [re.sub(r"^ \* ?", "", line).rstrip() for line in comment[1].split("\n")]
    first = re.sub(r"^\s*\S+\.c - ", "", lines[0])
    text = "\n".join([first[:1].upper() + first[1:], textwrap.dedent("\n".join(lines[1:]))])
    return text.strip() + "\n"


def literal(text):
    """A C string, a line of it on each line."""
    return "\n".join("    " + json.dumps(line + "\n", ensure_ascii=False) for line in text.splitlines()) or '    ""'


def main():
    file_of = {}
    for argument in sys.argv[1:]:
        path, _, names = argument.partition("=")
        file_of.update({name: Path(path) for name in names.split(",")})
    names = sorted(file_of)
    numbers = {path: i for i, path in enumerate(sorted(set(file_of.values())))}
    print("/* generated from the list in ops/meson.build */")
    print('#include "core/registry_table.h"\n')
    for name in names:
        print(f"extern const gra_op gra_op_{name};")
    for path, number in numbers.items():
        print(f"\nstatic const char doc_{number}[] = /* {path.name} */\n{literal(doc(path))};")
    print("\nconst gra_op *const gra__builtin_ops[] = {")
    for name in names:
        print(f"    &gra_op_{name},")
    print("};\n\nconst char *const gra__builtin_docs[] = {")
    for name in names:
        print(f"    doc_{numbers[file_of[name]]},")
    print("};\n\nconst size_t gra__builtin_count = sizeof gra__builtin_ops / sizeof *gra__builtin_ops;")


main()
