"""Runs before anything else: the VM says which board it is, and answers where it differs from one."""

import os
import sys
from collections import namedtuple

import _host

_Implementation = namedtuple("implementation", ("name", "version", "_machine", "_mpy"))


class _Sys:
    """`sys` with the name of the board."""

    def __init__(self, real: "Any"):
        self._real = real
        said = real.implementation
        self.implementation = _Implementation(said[0], said[1], _host.machine(), said._mpy)

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._real, name)


_stat = os.stat
os.stat = lambda path: _stat(path or ".")  # mpremote asks for ''
os.urandom = lambda size: bytes.fromhex(_host.random(size))
os.chdir("/")
sys.path[:] = ["", "/lib", "/rom", ".frozen"]
sys.modules["sys"] = _Sys(sys)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
