#!/usr/bin/env bash
# The example programs tell what is wrong with their command line and their folders. Run by ./run-tests; another build folder
# may be named.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit

programs=${1:-build-tests}/examples
if ! [ -x "$programs/lenet5" ]; then
    echo "not ok examples_are_built - $programs holds no lenet5"
    exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# refuses NAME STATUS WORDS PROGRAM ARGUMENT...: it ends with this status, and its words are among what it says.
refuses() {
    local name=$1 status=$2 words=$3 program=$4 said got
    shift 4
    said=$("$programs/$program" "$@" 2>&1 </dev/null)
    got=$?
    if [ $got = "$status" ] && [[ $said == *"$words"* ]]; then
        echo "ok $name"
    else
        echo "not ok $name - status $got and not $status: $said"
        failed=1
    fi
}

# One pixel of grey in the folder of each class.
classes() {
    local class
    for class in "${@:2}"; do
        mkdir -p "$folder/$1/$class"
        base64 -d >"$folder/$1/$class/1.png" \
            <<<iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==
    done
}

# Each of these says how to call it: a number that is none, an unknown option, a missing one.
misused() {
    refuses "$1" 2 "usage" "${@:2}"
}

misused a_count_is_a_whole_number cifar10 --data a --epochs x
misused workers_are_a_whole_number lenet5 --workers 1.5
misused a_rate_is_a_number vgg16 --data a --lr fast
misused a_seed_has_no_exponent alexnet --data a --seed 1e9
misused a_value_is_needed transfer --data
misused an_option_is_unknown lenet5 --bogus 1
misused data_are_needed alexnet
misused one_kind_of_data_is_needed cifar10 --data a --folders b

classes train cat dog
classes val dog
refuses another_class_in_the_test_set 1 "class 0 is dog, and cat in the set of .classes_of" alexnet --data "$folder"
refuses the_same_in_transfer 1 "class 0 is dog, and cat in the set of .classes_of" transfer --data "$folder"
rm -r "$folder/val"
refuses no_test_set 1 "$folder/val: No such file or directory" vgg16 --data "$folder"
exit $failed
