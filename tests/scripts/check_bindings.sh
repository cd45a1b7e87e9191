#!/usr/bin/env bash
# The program of docs/how-to/bindings.md: it is what the page shows, and prints what the page says. Run by ./run-tests.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. scripts/setup
. tests/scripts/install_build.sh

fail() { printf 'not ok %s - %s\n' "$1" "$2"; }

library=$(build_to_install >&2 && built_library) || {
    fail shared_library_builds "see above"
    exit 1
}

if output=$(python3 docs/code/bindings.py "$library" 2>&1); then
    echo "ok python_calls_gradus_without_a_binding"
else
    fail python_calls_gradus_without_a_binding "$(tr '\n' ' ' <<<"$output")"
fi

# Whether the lines of $1 stand in the page, one after the other.
shown() {
    python3 -c 'import sys; sys.exit(sys.argv[1].strip("\n") not in open("docs/how-to/bindings.md").read())' "$1"
}
shown "$(cat docs/code/bindings.py)" && echo "ok the_page_shows_the_program" ||
    fail the_page_shows_the_program "docs/code/bindings.py is not quoted as it is"
shown "$output" && echo "ok the_page_shows_what_it_prints" ||
    fail the_page_shows_what_it_prints "the page does not have: $(tr '\n' ' ' <<<"$output")"
if [ "$(wc -l <docs/code/bindings.py)" -le 40 ]; then
    echo "ok the_program_has_40_lines_at_most"
else
    fail the_program_has_40_lines_at_most "it has $(wc -l <docs/code/bindings.py)"
fi
