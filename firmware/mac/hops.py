"""Where and when the next frame may go: data rate, free channel, and the reasons when there is none."""

from codec.compat import const
from codec.lorawan import airtime, regions
from firmware.mac.actions import Channel
from firmware.mac.channels import Channels
from firmware.mac.ledger import NEVER_MS, Ledger

_JOIN_REQUEST_SIZE = const(23)


class Hops:
    """`session` is None while the node has none; `channels` always exist."""

    def __init__(self, region: "Region", stores: "Stores", randrange: "RandRange", options: "Options"):
        self._region = region
        self._randrange = randrange
        self._options = options
        self._rtc = stores[1]
        self._join_budget = None  # type: JoinBudget | None
        self.ledger = Ledger(region, stores[0], stores[1])
        self.adopt(None)

    def adopt(self, session: "Session | None") -> None:
        self.session = session
        self.channels = Channels(self._region, session.plan if session else b"", self._options.octet)

    def join_budget(self) -> "JoinBudget":
        """Loaded while there is no session, or when it is in doubt."""
        if self._join_budget is None:
            from firmware.mac.joining import JoinBudget

            self._join_budget = JoinBudget(self._rtc)
        return self._join_budget

    def joining(self) -> "tuple[int, list[int]]":
        """(data rate, channels) of the next join-request."""
        budget = self.join_budget()
        data_rate = budget.data_rate(self._region, self._options.data_rate)
        return data_rate, budget.channels(self.channels, data_rate)

    def join_wait_ms(self, now_ms: int) -> int:
        data_rate, indices = self.joining()
        on_air_us = self.on_air_us(_JOIN_REQUEST_SIZE, data_rate)
        hop_ms = self.pick(now_ms, indices, data_rate, _JOIN_REQUEST_SIZE, True)[1]
        return max(self.join_budget().free_in_ms(now_ms, on_air_us), hop_ms)

    def carrying(self, data_rate: int) -> "list[int]":
        return self.channels.carrying(data_rate)

    def on_air_us(self, size: int, data_rate: int) -> int:
        sf, bw_hz, _ = self._region.data_rates[data_rate]
        return airtime.airtime_us(size, sf, bw_hz)

    def window(self, hz: int, data_rate: int, delay_ms: int) -> "tuple[Channel, int, int]":
        """(channel, ms after the uplink, N) of a frame at a data rate."""
        sf, bw_hz, size = self._region.data_rates[data_rate]
        return Channel(hz, sf, bw_hz), delay_ms, size

    def band(self, index: int) -> int:
        return regions.sub_band_index(self._region, self.channels.row(index)[0])

    def pick(
        self, now_ms: int, indices: "list[int]", data_rate: int, size: int, is_alarm: bool
    ) -> "tuple[int, int]":
        """(a channel that is free now, 0), or (a channel, how long until the first of them is free)."""
        on_air_us = self.on_air_us(size, data_rate)
        soonest_ms, free = NEVER_MS, []  # type: int, list[int]
        for index in indices:
            wait_ms = self.ledger.free_in_ms(now_ms, self.band(index), on_air_us, is_alarm)
            if wait_ms < soonest_ms:
                soonest_ms, free = wait_ms, []
            if wait_ms == soonest_ms:
                free.append(index)
        # Each free channel is used once before one is used again (RP002-1.0.4 2.3).
        used = self._used()
        fresh = [index for index in free if not used >> index & 1] or free
        silence_ms = self.ledger.silence_ms(now_ms, self._max_duty())
        return fresh[self._randrange(len(fresh))], max(soonest_ms, silence_ms)

    def spend(self, now_ms: int, index: int, size: int, data_rate: int) -> None:
        self.ledger.spend(now_ms, self.band(index), self.on_air_us(size, data_rate))
        used = self._used()
        used = 1 << index if used >> index & 1 else used | 1 << index
        self._rtc.put("used", used.to_bytes(9, "little"))

    def _used(self) -> int:
        """Mask of the channels that this round has used."""
        return int.from_bytes(self._rtc.get("used") or b"", "little")

    def why(self, now_ms: int, size: int, is_alarm: bool) -> "list[str]":
        """The chain of reasons for a wait, in words; empty when a frame of `size` bytes may go."""
        from firmware.mac import why  # loaded when somebody asks

        if self.session:
            data_rate = self.session.data_rate
            found, indices = [], self.carrying(data_rate)
        else:
            size, is_alarm = _JOIN_REQUEST_SIZE, True  # without a session no alarm can be sent either
            data_rate, indices = self.joining()
            found = [self.join_budget().hindrance(now_ms, self.on_air_us(size, data_rate))]
        on_air_us = self.on_air_us(size, data_rate)
        for band in sorted({self.band(index) for index in indices}):
            from_hz, to_hz, _, _ = self._region.sub_bands[band]
            what = f"sub-band {why.mhz(from_hz)} to {why.mhz(to_hz)} MHz"
            free_in_ms = self.ledger.free_in_ms(now_ms, band, on_air_us, is_alarm)
            used_us, limit_us = self.ledger.used_us(now_ms, band), self.ledger.limit_us(band, is_alarm)
            found.append((what, used_us, limit_us, free_in_ms))
        max_duty = self._max_duty()
        free_in_ms = self.ledger.silence_ms(now_ms, max_duty)
        found.append((f"the network allows 1/{1 << max_duty} of the time", 0, 0, free_in_ms))
        return why.chain(found)

    def _max_duty(self) -> int:
        return self.session.max_duty if self.session else 0


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.contracts import RandRange, Store
    from firmware.mac.actions import Options
    from firmware.mac.joining import JoinBudget
    from firmware.session import Session

    Stores = tuple[Store, Store]
