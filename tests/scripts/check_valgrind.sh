#!/usr/bin/env bash
# valgrind finds no leak and no error in examples/lenet5 for one short epoch. Run by ./run-tests.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. scripts/setup

name=lenet5_is_clean_under_valgrind
arguments="--epochs 1 --steps 20 --batch 16"

if ! command -v valgrind >/dev/null; then
    echo "skip $name - valgrind is not installed"
    exit
fi

# Optimized, since valgrind is thirty times slower already; without pooling, so that it sees every tensor.
configure build-valgrind --buildtype=debugoptimized -Dpooling=false -Dtests=false && compile build-valgrind || {
    echo "not ok $name - could not build, see above"
    exit 1
}

# valgrind knows no AVX-512.
isa=baseline
if grep -qw avx2 /proc/cpuinfo && grep -qw fma /proc/cpuinfo; then
    isa=avx2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
GRADUS_ISA=$isa OMP_NUM_THREADS=1 timeout 1000 \
    valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible --error-exitcode=9 \
    --errors-for-leak-kinds=definite,indirect,possible --num-callers=30 \
    build-valgrind/examples/lenet5 $arguments >"$log" 2>&1 </dev/null
status=$?
if [ $status = 0 ]; then
    echo "ok $name"
else
    cat "$log"
    case $status in
    9) echo "not ok $name - valgrind found errors, see above" ;;
    124) echo "not ok $name - ran out of time" ;;
    *) echo "not ok $name - lenet5 $arguments exited with $status" ;;
    esac
fi
