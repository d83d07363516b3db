"""The sessions of a run: which keys are a node's now, and whose an address is. They are in no event."""

from simulator.pcap import SessionKeys


class Keyring:
    """Every session that was in force, also those that a later join ended."""

    def __init__(self) -> None:
        self._by_address: dict[int, SessionKeys] = {}
        self._by_node: dict[str, SessionKeys] = {}

    def add(self, node: str, keys: SessionKeys) -> None:
        self._by_address[keys.dev_addr] = self._by_node[node] = keys

    def of_address(self, dev_addr: int) -> SessionKeys | None:
        return self._by_address.get(dev_addr)

    def of_node(self, node: str) -> SessionKeys | None:
        return self._by_node.get(node)

    def sessions(self) -> list[SessionKeys]:
        return list(self._by_address.values())
