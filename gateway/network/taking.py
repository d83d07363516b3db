"""The frames of one transaction: their sessions are read at once, and what they change is written at once."""

from collections.abc import Iterable

from gateway.model import Reception, Session, Uplink
from gateway.network import ledger, queue
from gateway.store.ledger import Store


class Taking:
    """Stands for the store while frames are judged; `write` before the transaction ends."""

    def __init__(self, store: Store, dev_addrs: Iterable[str]):
        self._store = store
        self._sessions = store.candidates_of(dev_addrs)
        known = {session.dev_eui for sessions in self._sessions.values() for session in sessions}
        self._waited_for = queue.waited_for(store.connection, known)
        self._kept: dict[int, Session] = {}
        self._uplinks: dict[tuple[int, int], Uplink] = {}
        self._receptions: list[tuple[str, Reception]] = []

    def candidates(self, dev_addr: str) -> list[Session]:
        """The sessions a frame with this DevAddr may belong to, the newest first."""
        if dev_addr not in self._sessions:
            self._sessions[dev_addr] = self._store.candidates(dev_addr)
        return self._sessions[dev_addr]

    def uplink(self, session_id: int, fcnt: int) -> Uplink | None:
        return self._uplinks.get((session_id, fcnt)) or self._store.uplink(session_id, fcnt)

    def has_waiting(self, dev_eui: str) -> bool:
        """Whether a downlink waits for the node, or for its word."""
        return dev_eui in self._waited_for

    def keep(self, session: Session) -> None:
        """It stands so from now on."""
        self._kept[session.id] = session
        sessions = self._sessions[session.dev_addr]
        sessions[:] = [session if each.id == session.id else each for each in sessions]

    def accept(self, uplink: Uplink, heard: Reception) -> None:
        self._uplinks[uplink.session_id, uplink.fcnt] = uplink
        self._receptions.append((uplink.id, heard))

    def hear(self, uplink_id: str, heard: Reception) -> None:
        """One more gateway has heard an uplink."""
        self._receptions.append((uplink_id, heard))

    def write(self) -> None:
        ledger.keep_all(self._store.connection, self._kept.values())
        self._store.add_uplinks(self._uplinks.values(), self._receptions)
        self._kept.clear()
        self._uplinks.clear()
        self._receptions.clear()

    def renew(self) -> None:
        """Sessions have begun or ended in the store: what is known of any is read again."""
        self.write()
        self._sessions.clear()
