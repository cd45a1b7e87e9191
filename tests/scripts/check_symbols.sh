#!/usr/bin/env bash
# The shared library exports gra_ names only, and loading it leaves the floating-point mode alone. Run by ./run-tests.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. scripts/setup
. tests/scripts/install_build.sh

fail() { printf 'not ok %s - %s\n' "$1" "$2"; }

library=$(build_to_install >&2 && built_library) || {
    fail shared_library_builds "see above"
    exit 1
}

symbols=$(nm --dynamic --defined-only --format=posix "$library" | awk '{ sub(/@.*/, "", $1); print $1 }')
strange=$(printf '%s\n' "$symbols" | grep -Ev '^gra_[A-Za-z0-9]' | tr '\n' ' ')
if [ -z "$symbols" ]; then
    fail exported_symbols_begin_with_gra "nothing is exported"
elif [ -n "$strange" ]; then
    fail exported_symbols_begin_with_gra "these are exported as well: $strange"
else
    echo "ok exported_symbols_begin_with_gra"
fi

# What is left for a library that a running program loads (core/thread_local.h), with some to spare for others.
most=512
size=$(($(readelf --wide --program-headers "$library" | awk '$1 == "TLS" { print $6 }')))
if [ "$size" -le "$most" ]; then
    echo "ok thread_local_variables_are_small"
else
    fail thread_local_variables_are_small "they have $size bytes; $most are possible"
fi

# -ffast-math at link time would set flush-to-zero for the whole process that loads the library.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/load.c" <<'C'
#include <dlfcn.h>
#include <stdio.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
static unsigned mode(void) { return _mm_getcsr() & ~0x3fu; }
#elif defined(__aarch64__)
static unsigned mode(void)
{
    unsigned long fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return (unsigned)fpcr;
}
#else
static unsigned mode(void) { return 0; }
#endif

int main(int argc, char **argv)
{
    const unsigned before = mode();
    if (argc < 2 || !dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL)) {
        printf("could not load: %s\n", dlerror());
        return 2;
    }
    const unsigned after = mode();
    printf("the mode is %#x before and %#x after\n", before, after);
    return before != after;
}
C
if output=$(gcc -o "$folder/load" "$folder/load.c" -ldl 2>&1 && "$folder/load" "$PWD/$library" 2>&1); then
    echo "ok loading_leaves_the_floating_point_mode_alone"
else
    fail loading_leaves_the_floating_point_mode_alone "$output"
fi
