#!/usr/bin/env python3
"""`gradus check-op` tells which ops of a plugin are wrong, also where one crashes, and ends with that status.

Run by ./run-tests; another build folder may be named: check_check_op.py [BUILD]. The plugins are those of tests/plugins.
"""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2].resolve()
BUILD = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build-tests")


def run(*arguments):
    return subprocess.run([str(BUILD / "cli/gradus"), "check-op", *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=300)


def plugin(name):
    return BUILD / f"tests/lib{name}.so"


def ops_that_are_right_pass():
    done = run(plugin("good"))
    assert done.returncode == 0 and not done.stderr, done
    assert "plugged_swish: all of 13 checks passed\n" in done.stdout, done.stdout
    assert "plugged_cube: all of 13 checks passed\n" in done.stdout, done.stdout


def an_op_that_crashes_and_one_that_is_wrong_are_told_and_the_others_checked():
    done = run(plugin("crashing"))
    assert done.returncode == 1, done
    assert "plugged_half: 1 of 13 checks failed\n" in done.stdout, done.stdout
    assert "WRONG  gradient          of x at [0, 0] it is " in done.stdout, done.stdout
    assert "plugged_square: all of 13 checks passed\n" in done.stdout, done.stdout
    assert "plugged_crash: all of" not in done.stdout, done.stdout


def one_op_can_be_named():
    done = run(plugin("crashing"), "plugged_square")
    assert done.returncode == 0 and "plugged_half" not in done.stdout, done
    done = run(plugin("good"), "wren")
    assert done.returncode == 1 and done.stderr == 'gradus check-op: the plugin has no op "wren"\n', done


def a_plugin_that_cannot_be_loaded_is_told():
    done = run("/nowhere/libswish.so")
    assert done.returncode == 1 and not done.stdout, done
    assert done.stderr == "gra_load_ops: '/nowhere/libswish.so' cannot be opened: No such file or directory\n", done
    done = run(plugin("aborts"))
    assert done.returncode == 1, done
    assert done.stderr.endswith("libaborts.so' crashes the process that loads it: Aborted\n"), done
    done = run()
    assert done.returncode == 2 and done.stderr == "usage: gradus check-op LIBRARY [NAME]\n", done


def main():
    failed = False
    for check in (ops_that_are_right_pass, an_op_that_crashes_and_one_that_is_wrong_are_told_and_the_others_checked,
                  one_op_can_be_named, a_plugin_that_cannot_be_loaded_is_told):
        try:
            check()
            print(f"ok {check.__name__}")
        except AssertionError as error:
            failed = True
            print(f"not ok {check.__name__} - {error}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
