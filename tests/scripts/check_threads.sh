#!/usr/bin/env bash
# check_threads - the tests of several threads at once under ThreadSanitizer, in a build without OpenMP, whose
# synchronisation that tool does not see.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/setup

configure build-threads --buildtype=debug -Db_sanitize=thread -Db_lundef=false -Dopenmp=disabled -Dexamples=false
for test in autograd/threads data/file_set data/download data/image_folder data/workers data/streams data/loader_state data/samplers; do
    program=tests/${test%/*}_test_${test#*/}
    compile build-threads "$program"
    if output=$(CK_FORK=no TSAN_OPTIONS=halt_on_error=0 "build-threads/$program" 2>&1) &&
        grep -q 'Failures: 0, Errors: 0' <<<"$output" && ! grep -q ThreadSanitizer <<<"$output"; then
        echo "ok no_race_in_$test"
    else
        printf '%s\nnot ok no_race_in_%s - see above\n' "$output" "$test"
    fi
done
