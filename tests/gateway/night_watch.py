"""A bridge's alarms in virtual time, in a process of its own: it lives as far as told, until killed.

    python -m tests.gateway.night_watch DATABASE-URL FILE [dies-raising]

Each line of standard input is how many minutes pass; the answer is whether it holds the alarms.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.alarms import duty, hearing
from gateway.alarms.section import AlarmsConfig
from gateway.counters import Counters
from gateway.refusals import Refusals
from gateway.store.database import Connection, Postgres
from gateway.store.ledger import Store
from tests.gateway.desk import ManualClock

MINUTE = 60_000


@dataclass(frozen=True)
class Telephone:
    """A Messenger: the file is the person who is told."""

    file: Path

    async def send(self, _url: str, title: str, _body: str) -> None:
        await asyncio.sleep(0.2)  # so long that another bridge would begin, too, if it might
        with self.file.open("a") as told:
            told.write(f"{title}\n")


@asynccontextmanager
async def on_duty(store: Store, clock: ManualClock) -> AsyncIterator[duty.Duty]:
    made = duty.Duty(AlarmsConfig(), store, clock, Refusals(Counters(), clock), dict)
    made.start()
    yield made
    await made.stop()


def never_commits(look: Callable[..., None]) -> Callable[..., None]:
    """Its alarm is written, its transaction is open: there it shall be killed."""

    def looks(db: Connection, *when: int) -> None:
        look(db, *when)
        if db.execute("SELECT 1 FROM alarm").fetchone():
            print("raised", flush=True)
            signal.pause()

    return looks


@dataclass(frozen=True)
class Watch:
    process: Process

    async def lives(self, minutes: int) -> str:
        """What it says then."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(b"%d\n" % minutes)
        return (await asyncio.wait_for(self.process.stdout.readline(), 60)).decode().strip()


@asynccontextmanager
async def watching(database: Postgres, file: Path, *dies: str) -> AsyncIterator[Watch]:
    command = (sys.executable, "-m", "tests.gateway.night_watch", database.url, str(file), *dies)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield Watch(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def main(url: str, file: str, *dies: str) -> None:
    duty.AppriseMessenger = lambda: Telephone(Path(file))  # type: ignore[assignment,misc]
    if dies:
        hearing.look = never_commits(hearing.look)
    store, clock = Store(Postgres(url)), ManualClock()
    async with on_duty(store, clock):
        while line := await asyncio.to_thread(sys.stdin.readline):
            await clock.advance(int(line) * MINUTE)
            print(store.holds("alarms"), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
