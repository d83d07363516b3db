"""The channels a node may send on: the region's grid, what the network added, and the mask over both."""

import struct

from codec.compat import const
from codec.lorawan import regions

SLOTS = const(16)  # a dynamic plan has room for so many (RP002-1.0.4 2.4.2)
_ROW = "<BIBI"  # index, uplink Hz, highest DR << 4 | lowest, RX1 Hz
OCTET = const(8)


class Channels:
    """`rows`: index -> (uplink Hz, lowest DR, highest DR, RX1 Hz); fixed plans compute theirs.

    `octet`: a fixed plan's group of 8 channels to use from the start, 1..8; 0 for all.
    """

    def __init__(self, region: "Region", packed: bytes = b"", octet: int = 0):
        self.region = region
        self.octet = octet
        self.grid_size = sum(row[0] for row in region.grid)
        self.reset()
        if packed:
            self._unpack(packed)

    def reset(self) -> None:
        """The region's own channels, all switched on."""
        self.rows = {}  # type: dict[int, Row]
        self.mask = (1 << self.grid_size) - 1
        if self.octet:
            self.mask = 0xFF << (self.octet - 1) * OCTET | 1 << 64 + self.octet - 1

    def enable_defaults(self) -> None:
        """The last step of the ADR back-off (TS001-1.0.4 4.3.1.1)."""
        self.mask |= (1 << self.grid_size) - 1

    def row(self, index: int) -> "Row":
        if index in self.rows:
            return self.rows[index]
        first = 0
        for count, hz, step_hz, lowest, highest in self.region.grid:
            if index < first + count:
                up_hz = hz + (index - first) * step_hz
                return up_hz, lowest, highest, self._rx1_hz(index, up_hz)
            first += count
        raise KeyError(index)

    def _rx1_hz(self, index: int, up_hz: int) -> int:
        grid = self.region.rx1_grid
        return grid[0] + grid[1] * (index % grid[2]) if grid else up_hz

    def exists(self, index: int) -> bool:
        return index < self.grid_size or index in self.rows

    def carrying(self, data_rate: int, mask: "int | None" = None) -> "list[int]":
        """Indices of the channels that are switched on and carry a data rate."""
        mask = self.mask if mask is None else mask
        found = []
        for index in range(max(self.grid_size, SLOTS)):
            if mask >> index & 1 and self.exists(index):
                _, lowest, highest, _ = self.row(index)
                if lowest <= data_rate <= highest:
                    found.append(index)
        return found

    def add(self, index: int, hz: int, lowest: int, highest: int) -> int:
        """NewChannelReq (5.6): the status bits, DR 2 and frequency 1; a channel changes when both are set."""
        if index < self.grid_size or index >= SLOTS:
            return 0
        if hz == 0:
            self.rows.pop(index, None)
            self.mask &= ~(1 << index)
            return 0b11
        least, most = self.region.uplink_drs
        status = regions.allows(self.region, hz) | (least <= lowest <= highest <= most) << 1
        if status == 0b11:
            self.rows[index] = (hz, lowest, highest, hz)
            self.mask |= 1 << index
        return status

    def pack(self) -> bytes:
        packed = self.mask.to_bytes(9, "little")
        for index in sorted(self.rows):
            hz, lowest, highest, rx1_hz = self.rows[index]
            packed += struct.pack(_ROW, index, hz, highest << 4 | lowest, rx1_hz)
        return packed

    def _unpack(self, packed: bytes) -> None:
        self.mask = int.from_bytes(packed[:9], "little")
        for at in range(9, len(packed), struct.calcsize(_ROW)):
            index, hz, span, rx1_hz = struct.unpack(_ROW, packed[at : at + struct.calcsize(_ROW)])
            self.rows[index] = (hz, span & 0x0F, span >> 4, rx1_hz)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region

    Row = tuple[int, int, int, int]
