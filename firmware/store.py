"""What outlives power loss, as small files: each put writes beside and renames: a cut leaves the old."""

import os


class FileStore:
    """One file per key in the folder `root`, which must exist."""

    def __init__(self, root: str):
        self._root = root

    def get(self, key: str) -> "bytes | None":
        try:
            with open(self._root + "/" + key, "rb") as file:
                return file.read()
        except OSError:  # never written
            return None

    def put(self, key: str, value: bytes) -> None:
        path = self._root + "/" + key
        with open(path + ".new", "wb") as file:
            file.write(value)
        os.rename(path + ".new", path)
