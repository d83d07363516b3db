"""The channels a node may send on: the region's grid, what the network added, and the mask over both."""

import struct

from codec.compat import const
from codec.lorawan import regions

_SLOTS = const(16)  # a dynamic plan has room for so many (RP002-1.0.4 2.4.2)
_ROW = "<BIBI"  # index, uplink Hz, highest DR << 4 | lowest, RX1 Hz
_OCTET = const(8)


class Channels:
    """`rows`: index -> (uplink Hz, lowest DR, highest DR, RX1 Hz); fixed plans compute theirs.

    `octet`: a fixed plan's group of 8 channels to use from the start, 1..8; 0 for all.
    """

    def __init__(self, region: "Region", packed: bytes = b"", octet: int = 0):
        self._region = region
        self._octet = octet
        self._grid_size = sum(row[0] for row in region.grid)
        self.reset()
        if packed:
            self._unpack(packed)

    def reset(self) -> None:
        """The region's own channels, all switched on."""
        self._rows = {}  # type: dict[int, Row]
        self.mask = (1 << self._grid_size) - 1
        if self._octet:
            self.mask = 0xFF << (self._octet - 1) * _OCTET | 1 << 64 + self._octet - 1

    def enable_defaults(self) -> None:
        """The last step of the ADR back-off (TS001-1.0.4 4.3.1.1)."""
        self.mask |= (1 << self._grid_size) - 1

    def row(self, index: int) -> "Row":
        if index in self._rows:
            return self._rows[index]
        first = 0
        for count, hz, step_hz, lowest, highest in self._region.grid:
            if index < first + count:
                up_hz = hz + (index - first) * step_hz
                return up_hz, lowest, highest, self._rx1_hz(index, up_hz)
            first += count
        raise KeyError(index)

    def _rx1_hz(self, index: int, up_hz: int) -> int:
        grid = self._region.rx1_grid
        return grid[0] + grid[1] * (index % grid[2]) if grid else up_hz

    def exists(self, index: int) -> bool:
        return index < self._grid_size or index in self._rows

    def carrying(self, data_rate: int, mask: "int | None" = None) -> "list[int]":
        """Indices of the channels that are switched on and carry a data rate."""
        mask = self.mask if mask is None else mask
        found = []
        for index in range(max(self._grid_size, _SLOTS)):
            if mask >> index & 1 and self.exists(index):
                _, lowest, highest, _ = self.row(index)
                if lowest <= data_rate <= highest:
                    found.append(index)
        return found

    def joining(self, data_rate: int, attempt: int) -> "list[int]":
        """Where a join-request may go (RP002-1.0.4 2.4.2, 2.5.2): fixed plans walk through their octets."""
        grid = range(self._grid_size)
        on = [index for index in grid if self.row(index)[1] <= data_rate <= self.row(index)[2]]
        if not self._region.is_fixed:
            return on
        octet = self._octet - 1 if self._octet else attempt % 8
        if on[0] >= 64:
            return [64 + octet]
        return [index for index in on if index // _OCTET == octet]

    def masked(self, mask: int, control: int, bits: int) -> "int | None":
        """The mask after one LinkADRReq (5.2); None when ChMaskCntl or a switched-on channel is unknown."""
        if self._region.is_fixed:
            return self._masked_fixed(mask, control, bits)
        if control == 6:
            return (1 << self._grid_size) - 1 | sum(1 << index for index in self._rows)
        if control or any(bits >> index & 1 and not self.exists(index) for index in range(_SLOTS)):
            return None
        return bits

    def _masked_fixed(self, mask: int, control: int, bits: int) -> "int | None":
        """ChMaskCntl of US915 and AU915 (RP002-1.0.4 2.5.5)."""
        low = (1 << 64) - 1
        if control < 4:
            return mask & ~(0xFFFF << 16 * control) | bits << 16 * control
        if control == 4:
            return mask & low | (bits & 0xFF) << 64
        if control == 5:
            banks = [index for index in range(8) if bits >> index & 1]
            return sum(0xFF << 8 * bank | 1 << 64 + bank for bank in banks)
        if control in (6, 7):
            return (low if control == 6 else 0) | (bits & 0xFF) << 64
        return None

    def add(self, index: int, hz: int, lowest: int, highest: int) -> int:
        """NewChannelReq (5.6): the status bits, DR 2 and frequency 1; a channel changes when both are set."""
        if index < self._grid_size or index >= _SLOTS:
            return 0
        if hz == 0:
            self._rows.pop(index, None)
            self.mask &= ~(1 << index)
            return 0b11
        least, most = self._region.uplink_drs
        status = regions.allows(self._region, hz) | (least <= lowest <= highest <= most) << 1
        if status == 0b11:
            self._rows[index] = (hz, lowest, highest, hz)
            self.mask |= 1 << index
        return status

    def redirect(self, index: int, hz: int) -> int:
        """DlChannelReq (5.6): the status bits, uplink exists 2 and frequency 1."""
        status = regions.allows(self._region, hz) | self.exists(index) << 1
        if status == 0b11:
            up_hz, lowest, highest, _ = self.row(index)
            self._rows[index] = (up_hz, lowest, highest, hz)
        return status

    def add_cf_list(self, cf_list: bytes) -> None:
        """The 16 bytes at the end of a join-accept (RP002-1.0.4 2.4.4, 2.5.4); another type is not for us."""
        if len(cf_list) != 16 or cf_list[15] != self._region.is_fixed:
            return
        if self._region.is_fixed:
            self.mask = int.from_bytes(cf_list[:9], "little") or self.mask
            return
        highest = self._region.grid[0][4]
        for place in range(5):
            hz = int.from_bytes(cf_list[3 * place : 3 * place + 3], "little") * 100
            if hz:
                self.add(self._grid_size + place, hz, 0, highest)

    def pack(self) -> bytes:
        packed = self.mask.to_bytes(9, "little")
        for index in sorted(self._rows):
            hz, lowest, highest, rx1_hz = self._rows[index]
            packed += struct.pack(_ROW, index, hz, highest << 4 | lowest, rx1_hz)
        return packed

    def _unpack(self, packed: bytes) -> None:
        self.mask = int.from_bytes(packed[:9], "little")
        for at in range(9, len(packed), struct.calcsize(_ROW)):
            index, hz, span, rx1_hz = struct.unpack(_ROW, packed[at : at + struct.calcsize(_ROW)])
            self._rows[index] = (hz, span & 0x0F, span >> 4, rx1_hz)


TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from codec.lorawan.regions import Region

    Row = tuple[int, int, int, int]
