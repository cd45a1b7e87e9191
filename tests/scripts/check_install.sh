#!/usr/bin/env bash
# meson install gives headers, a versioned shared library, a static one and gradus.pc with which programs outside the
# tree build: tests/install/use.c in C and use.cpp in C++17. Run by ./run-tests.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. scripts/setup
. tests/scripts/install_build.sh

prefix=$install_prefix
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# check NAME COMMAND...: one line of result; the command's output comes before it where it fails.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok $name"
    else
        printf '%s\nnot ok %s - see the output above\n' "$output" "$name"
        return 1
    fi
}

install_library() {
    build_to_install || return
    rm -rf "$prefix"
    "$MESON" install -C build-install --no-rebuild
}

installed_files() {
    local file status=0
    for file in include/gradus.h include/gradus/gradus.h; do
        [ -e "$prefix/$file" ] && break
    done
    [ -e "$prefix/$file" ] || { echo "gradus.h is not installed"; status=1; }
    for file in libgradus.a libgradus.so pkgconfig/gradus.pc; do
        [ -e "$prefix/lib/$file" ] || { echo "lib/$file is not installed"; status=1; }
    done
    ls "$prefix"/lib/libgradus.so.[0-9]* >/dev/null || { echo "libgradus.so has no version"; status=1; }
    readelf -d "$prefix/lib/libgradus.so" | grep -q 'SONAME.*libgradus\.so\.[0-9]' || { echo "no soname"; status=1; }
    return $status
}

pkg() {
    PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@" gradus
}

# Each public header is complete, in both languages.
headers() {
    local header status=0
    while read -r header; do
        printf '#include "%s"\n' "$header" >"$folder/header.c"
        cp "$folder/header.c" "$folder/header.cpp"
        gcc -std=gnu11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only $(pkg --cflags) "$folder/header.c" || status=1
        g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only $(pkg --cflags) "$folder/header.cpp" || status=1
    done < <(find "$prefix/include" -name '*.h')
    return $status
}

# build NAME COMPILER SOURCE PKG-CONFIG-OPTION...
build() {
    local name=$1 compiler=$2 source=$3
    shift 3
    # In a folder of its own: nothing but pkg-config says where things are.
    (cd "$folder" && $compiler -Wall -Wextra -Wpedantic -Werror -fmax-errors=5 -o "$name" \
        "$gradus_root/tests/install/$source" $(pkg --cflags --libs "$@"))
}

# With the macros that note lines.
lines() {
    gcc -std=gnu11 -Wall -Wextra -Wpedantic -Werror -DGRA_LINES -fsyntax-only $(pkg --cflags) "$gradus_root/tests/install/use.c"
}

run_shared() { LD_LIBRARY_PATH=$prefix/lib timeout 120 "$folder/$1"; }
run_static() { ! ldd "$folder/$1" | grep gradus && timeout 120 "$folder/$1"; }

check library_installs install_library || exit
check installed_files_are_complete installed_files
check headers_stand_alone_in_c_and_cpp headers
check c_program_builds_with_lines lines
check c_program_builds_shared build use_c "gcc -std=gnu11" use.c &&
    check c_program_runs_shared run_shared use_c
check cpp_program_builds_shared build use_cpp "g++ -std=c++17" use.cpp &&
    check cpp_program_runs_shared run_shared use_cpp

# With only the static library there, -lgradus means that one.
rm -f "$prefix"/lib/libgradus.so*
check c_program_builds_static build use_c_static "gcc -std=gnu11" use.c --static &&
    check c_program_runs_static run_static use_c_static
check cpp_program_builds_static build use_cpp_static "g++ -std=c++17" use.cpp --static &&
    check cpp_program_runs_static run_static use_cpp_static
exit 0
