"""A scenario whose first node is a virtual board, for the workbench: at the pace of real time, or near it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from simulator.clock import VirtualClock
from simulator.inprocess import GatewayClock, gateway
from simulator.keyring import Keyring
from simulator.run import RunError, register
from simulator.scenario import Scenario
from simulator.simulation import Simulation, Watchers
from simulator.virtual_board import VirtualBoard
from simulator.world import Water

_FOREVER_US = 100 * 365 * 86_400_000_000


@dataclass(frozen=True)
class Bench:
    """`machine` is what the board's MicroPython says it runs on.

    `server` is a gateway in another process; without it there is one here, with its page on `http_port`.
    """

    scenario: Scenario
    machine: str
    speed: float
    http_port: int
    server: tuple[str, int] | None = None
    creek: Water | None = None


@dataclass(frozen=True)
class Plugged:
    """The board with power; `where` are its port and, of a gateway here, its page and database."""

    board: VirtualBoard
    where: dict[str, str]
    clock: VirtualClock

    async def run(self) -> None:
        """Let time pass, for ever."""
        await self.clock.run(self.clock.now_us() + _FOREVER_US)


@asynccontextmanager
async def plugged(bench: Bench, db: Path) -> AsyncIterator[Plugged]:
    """The gateway knows all nodes of the scenario but the board, which the workbench introduces."""
    scenario = bench.scenario
    clock = VirtualClock(round(scenario.start.timestamp() * 1e6))
    gateway_clock = GatewayClock(clock)
    watchers = Watchers(Keyring())
    simulation = Simulation(scenario, clock, bench.creek, watchers, bench.machine)
    async with AsyncExitStack() as stack:
        server, where = bench.server, dict[str, str]()
        if server is None:
            app = await stack.enter_async_context(gateway(gateway_clock, db, scenario.seed, bench.http_port))
            register(app, scenario.model_copy(update={"node": scenario.node[1:]}))
            server, where = app.udp_address, {"page": app.http_url, "database": str(db)}
            gateway_clock.settle = simulation.settle
        stack.push_async_callback(simulation.stop)
        if not await simulation.start(server):
            raise RunError(f"no gateway answers at {server[0]}:{server[1]}: start it first")
        board = simulation.board
        if board is None:
            raise RunError("the scenario has no node that could be the virtual board")
        await board.start()
        stack.push_async_callback(board.stop)
        board.speed = bench.speed
        clock.set_speed(bench.speed)
        yield Plugged(board, {"port": board.port, **where}, clock)
