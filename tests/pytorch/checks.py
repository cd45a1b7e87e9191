"""What the scripts that check file formats share."""
import os
import subprocess
import tempfile
from pathlib import Path


class Tool:
    """A program of the build folder, which GRADUS_BUILD names."""

    def __init__(self, name):
        self.path = Path(os.environ.get("GRADUS_BUILD", "build")) / "tests" / name

    def __call__(self, *arguments):
        """Its output; its error message is the exception's."""
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")
        return done.stdout


def run_checks(functions):
    """Calls each check_NAME(folder) among the functions, prints a line for each, and returns whether one failed."""
    failed = False
    for check in [value for name, value in functions.items() if name.startswith("check_")]:
        name = check.__name__.removeprefix("check_")
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(Path(folder))
                print(f"ok {name}")
            except Exception as error:  # a test's failure, whatever it is
                failed = True
                print(f"not ok {name} - {' '.join(str(error).split())}")
    return failed
