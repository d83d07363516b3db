"""The micropython tier: the firmware's files run in the MicroPython VM, on the same simulated board."""

import inspect
from collections.abc import Coroutine, Generator
from typing import Any

from simulator.air import Channel
from simulator.board import SimulatedBoard
from simulator.device import Program, Reset, Until
from simulator.node import SimulatedNode
from simulator.vm import Vm

_PLAIN = (int, float, str, type(None))


class MicroPythonNode(SimulatedNode):
    """A node whose program lives in the VM; what it asks of its board is answered here."""

    _objects: list[Any]

    def _program(self, board: SimulatedBoard) -> Program:
        self._objects = [board]
        return self._wake()

    async def _wake(self) -> int:
        vm = self._around.vm
        vm.start()
        vm.write([self.site.name, "boot", self._files])
        while True:
            kind, value = self._serve(vm)
            if kind == "done":
                return int(value)
            await Until(value)
            vm.write([self.site.name, "step", None])

    def _serve(self, vm: Vm) -> tuple[str, Any]:
        """Answer the board's questions until the program pauses or ends."""
        while True:
            mark, message = vm.read()
            if mark == "=":
                return message[0], message[1]
            _, verb, handle, *rest = message
            vm.write(self._answer(verb, self._objects[handle], rest))

    def _answer(self, verb: str, thing: Any, rest: list[Any]) -> object:
        if verb == "step":
            return self._step(thing)
        if not hasattr(thing, rest[0]):
            return ["absent", rest[0]]
        member = getattr(thing, rest[0])
        if verb == "get":
            return "callable" if callable(member) else self._packed(member)
        try:
            return self._packed(member(*map(_opened, rest[1])))
        except OSError as error:
            return ["errno", error.errno or 0]
        except Reset:
            return ["reset", None]

    def _step(self, program: Generator[Until, None, Any] | Coroutine[Any, Any, Any]) -> object:
        try:
            return ["until", program.send(None).when_us]
        except StopIteration as stop:
            return self._packed(stop.value)

    def _packed(self, value: Any) -> object:
        if isinstance(value, bytes | bytearray):
            return ["bytes", value.hex()]
        if isinstance(value, _PLAIN):
            return ["value", value]
        self._objects.append(value)
        return ["coroutine" if inspect.iscoroutine(value) else "object", len(self._objects) - 1]


def _opened(value: Any) -> Any:
    """What the VM packed: bytes, or the one kind of tuple that a board is handed."""
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"]) if "bytes" in value else Channel(*value["tuple"])
    return value
