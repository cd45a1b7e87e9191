"""check_soak - 100,000 training steps of the release build at constant memory (tests/pytorch/soak.c)."""
import os
import subprocess
from pathlib import Path

program = Path(os.environ["GRADUS_BUILD"]).resolve() / "tests/soak"
subprocess.run([program], check=True)
