"""check_ops - every op against PyTorch, live: records the cases of tests/pytorch/cases/ anew with a seed
of the day and runs the table of tests/ops/test_cases.c, of the release build, on them."""
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ISAS = ("baseline", "avx2", "avx512")


def main():
    program = Path(os.environ["GRADUS_BUILD"]).resolve() / "tests/ops_test_cases"
    seed = int(time.time() // 86400)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, HERE / "record.py", folder, str(seed)], check=True, stdout=subprocess.DEVNULL)
        for isa in ISAS:
            environment = dict(os.environ, GRA_CASES=folder, GRADUS_ISA=isa)
            run = subprocess.run([program], env=environment, capture_output=True, text=True)
            name = f"all_cases_agree_with_pytorch_live_{isa} (seed {seed})"
            if run.returncode == 0 and "Failures: 0, Errors: 0" in run.stdout:
                print(f"ok {name}")
            else:
                print(run.stdout, run.stderr, sep="\n")
                print(f"not ok {name} - see the output above")


main()
