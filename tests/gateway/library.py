"""Libraries in C that stand between a process and its files, loaded before libc."""

import subprocess
from pathlib import Path

_HERE = Path(__file__).parent


def build(folder: Path, source: str) -> Path:
    library = folder / Path(source).with_suffix(".so")
    compiled = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, _HERE / source, "-ldl"]
    subprocess.run(compiled, check=True)
    return library
