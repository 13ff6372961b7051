"""`python -m formwright_inference.kernel.build`: compiles the kernel where it serves. Exit code 1 when it could not."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import openvino as ov

from . import SOURCES, library, processor_flags, serves

COMPILER = os.environ.get("CXX", "c++")
FLAGS = ["-std=c++20", "-O3", "-mavx2", "-mfma", "-fPIC", "-shared"]


def build() -> Path:
    """Compiles beside, then renames; older ones go. Raises CalledProcessError when it does not compile."""
    made = library()
    package = Path(ov.__file__).parent
    openvino = next((package / "libs").glob("libopenvino.so*"))
    with tempfile.TemporaryDirectory(dir=made.parent) as folder:
        beside = Path(folder) / made.name
        sources = sorted(SOURCES.glob("*.cpp"))
        command = [COMPILER, *FLAGS, f"-I{package / 'include'}", *sources, openvino, "-o", beside]
        subprocess.run(command, check=True, capture_output=True, text=True)
        beside.rename(made)
    for old in made.parent.glob("kernel-*.so"):
        if old != made:
            old.unlink()
    return made


def main() -> int:
    library().parent.mkdir(parents=True, exist_ok=True)
    if not serves(processor_flags()) or library().exists():
        return 0
    if shutil.which(COMPILER) is None:
        print(f"There is no C++ compiler ({COMPILER}).", file=sys.stderr)
        return 1
    try:
        build()
    except subprocess.CalledProcessError as error:
        print(f"{COMPILER} does not compile the kernel; nothing was kept.\n{error.stderr[-2000:]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
