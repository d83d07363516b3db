"""A disk that loses all that was written after the last fsync: `forget.c` in the process, a twin beside."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.gateway import library


class Disk:
    """A folder and its twin, which has of each file what was synced."""

    def __init__(self, folder: Path, library: Path):
        self.folder = folder.resolve()
        self._twin = Path(f"{self.folder}.synced")
        self._turn = Path(f"{self.folder}.turn")
        self.environment = {"LD_PRELOAD": str(library), "FORGET": str(self.folder)}

    def begin(self) -> None:
        """What lies in the folder now is safe."""
        _remove(self._twin)
        subprocess.run(["cp", "-a", self.folder, self._twin], check=True)

    def lose(self) -> None:
        """The power was cut. No process may have the folder open."""
        if not self._turn.exists():  # the loader goes on without a library that it may not read
            raise RuntimeError("no process had the library loaded: nothing can be said of what is lost")
        _remove(self.folder)
        os.rename(self._twin, self.folder)


def build(folder: Path) -> Path:
    """The library."""
    return library.build(folder, "forget.c")


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
