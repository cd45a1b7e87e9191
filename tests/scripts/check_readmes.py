#!/usr/bin/env python3
"""Every top folder has a README.md of at most ten lines, and the C code in the pages is code that CI builds.

Run by ./run-tests; another folder may be named for a trial: check_readmes.py [FOLDER].
"""
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
LONGEST_README = 10


def top_folders():
    for folder in sorted(ROOT.iterdir()):
        if folder.is_dir() and not re.match(r"\.|build|subprojects$|__pycache__$", folder.name):
            if any(path.is_file() for path in folder.rglob("*")):
                yield folder


def check_readmes():
    for folder in top_folders():
        readme = folder / "README.md"
        if not readme.is_file():
            yield f"{folder.name}/ has no README.md"
        elif (lines := len(readme.read_text().splitlines())) > LONGEST_README:
            yield f"{folder.name}/README.md has {lines} lines, more than {LONGEST_README}"


def pages():
    return [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if page.is_file()]


def blocks(page):
    """(line number, text) of each fenced block that says it is C."""
    block, first = None, 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.match(r"\s*```\s*(\S*)", line)
        if block is None and fence:
            language = fence[1].lower()
            block, first = [], number + 1
        elif fence:
            if language == "c":
                yield first, block
            block = None
        elif block is not None:
            block.append(line)


def is_slice(block, program):
    """Whether the block is a run of the program's lines, perhaps indented less as a whole."""
    wanted = textwrap.dedent("\n".join(line.rstrip() for line in block)).strip("\n").split("\n")
    for start in range(len(program) - len(wanted) + 1):
        if textwrap.dedent("\n".join(program[start:start + len(wanted)])).split("\n") == wanted:
            return True
    return False


def check_blocks():
    sources = sorted([*(ROOT / "docs/code").rglob("*.c"), *(ROOT / "examples").rglob("*.c")])
    programs = [[line.rstrip() for line in path.read_text().splitlines()] for path in sources]
    for page in pages():
        for number, block in blocks(page):
            if not any(is_slice(block, program) for program in programs):
                yield (f"{page.relative_to(ROOT)}:{number}: the C block that begins with "
                       f"'{next(filter(str.strip, block), '').strip()}' "
                       "is no slice of a program in docs/code or examples")


def check_programs_are_built():
    for folder in (ROOT / "docs/code", ROOT / "examples"):
        builds = [path.read_text() for path in (folder / "meson.build", ROOT / "meson.build") if path.is_file()]
        for path in sorted(folder.glob("*.c")):
            if not any(re.search(rf"\b{re.escape(path.stem)}\b", text) for text in builds):
                yield f"{path.relative_to(ROOT)} is not named in {folder.relative_to(ROOT)}/meson.build"


def check_links():
    for page in pages():
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: the link to {target} leads nowhere"


def main():
    rules = {"top_folders_have_short_readmes": check_readmes,
             "c_blocks_are_slices_of_programs": check_blocks,
             "programs_of_pages_are_built": check_programs_are_built,
             "links_between_pages_lead_somewhere": check_links}
    failed = False
    for name, rule in rules.items():
        offences = list(rule())
        failed |= bool(offences)
        print(f"not ok {name} - {'; '.join(offences)}" if offences else f"ok {name}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
