"""A PostgreSQL server of the tests' own: on a socket in a folder, without a port, ended with the session."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.store.database import Postgres

# No test cuts this server's power; what a kill -9 of the server does is another test's business.
_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 40
autovacuum = off
max_wal_senders = 0
wal_level = minimal
"""
_INITDB = ("--username=messfunk", "--auth=trust", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1")


# Of one that loses its power: as it is shipped, with small segments of its log.
DURABLE = """
fsync = on
full_page_writes = on
recovery_init_sync_method = syncfs
"""


@contextmanager
def server(settings: str = "") -> Iterator["Server"]:
    """PostgreSQL refuses to run as root, so there it runs as nobody."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/postgres")).parent
    folder = Path(tempfile.mkdtemp(prefix="messfunk-pg-")).resolve()
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o711)
    made = Server(folder, programs, user.pw_uid)
    try:
        made.run("initdb", *_INITDB, "-D", made.data)
        with (folder / "data" / "postgresql.conf").open("a") as written:
            written.write(_SETTINGS.format(folder=folder) + settings)
        made.start()
        yield made
        made.stop()
    finally:
        shutil.rmtree(folder)


class Server:
    def __init__(self, folder: Path, programs: Path, uid: int) -> None:
        self.folder = folder
        self.data = str(folder / "data")
        self._programs = programs
        self._uid = uid
        self._databases = 0
        self.environment: dict[str, str] = {}

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            user=self._uid if os.getuid() == 0 else None,
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert done.returncode == 0, program

    def start(self) -> None:
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", str(self.folder / "log"))

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "stop", "-D", self.data, "-m", mode)

    def kill(self) -> None:
        """The whole of it, as when the machine is gone: every process that works in its folder."""
        while found := self._processes():
            for each in found:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            time.sleep(0.005)
        for lock in self.folder.glob(".s.PGSQL.*.lock"):  # its owner may be a zombie for a while
            lock.unlink()

    def _processes(self) -> list[int]:
        return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _works_in(each, self.data)]

    def database(self) -> Postgres:
        """A new one, empty."""
        import psycopg

        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self.url("template1"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        return Postgres(self.url(name))

    def url(self, name: str) -> str:
        return f"postgresql://messfunk@/{name}?host={self.folder}"


def _works_in(process: Path, folder: str) -> bool:
    """Not if it is a zombie: it has no folder any more."""
    try:
        return os.readlink(process / "cwd") == folder
    except OSError:
        return False
