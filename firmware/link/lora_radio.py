"""firmware.contracts.Radio on micropython-lib's lora driver; its defects are mended here, and nowhere else.

What is mended, each from outside (lora-sx126x 0.1.6, lora-sx127x 0.1.2):
  SX126x  IQ register 0x0736: bit 2 set for inverted IQ, cached over sleep -> _mend_inverted_iq
  SX126x  no calibration after the TCXO came on; LDO instead of DC-DC      -> sx126x
  SX127x  20 dBm and more write a broken PaConfig                          -> _SX127X_MOST_DBM
  SX127x  rx_boost raises KeyError                                         -> sx127x
  both    an empty window counts as a CRC error                            -> receive
  both    the receive timer stops at the header at the earliest            -> firmware.mac.windows
"""

import gc

from codec.compat import const

_SYNC_WORD = const(0x34)  # public networks
_PREAMBLE_SYMBOLS = const(8)
_IQ_POLARITY = const(0x0736)  # SX1261/2 datasheet 15.4: bit 2 clear for inverted, set for standard IQ
_SET_REGULATOR_MODE = const(0x96)
_DC_DC = const(1)
_LNA = const(0x0C)  # SX1276 datasheet 3.5.3: bits 1..0 = 11 are boost on the HF port
_SX127X_MOST_DBM = const(17)
_SX126X_MOST_DBM = const(22)
_SPARE_MS = const(100)  # beyond the time on air, before a frame that does not end is given up
_POLL_MS = const(1)
_FRAME_POLL_MS = const(20)  # each look costs heap that nothing gives back before the radio sleeps


class RadioError(OSError):
    """The radio did not do what it was told; the text says what to look at."""


class LoraRadio:
    """`modem` is one that `sx126x` or `sx127x` below has mended; `ticks` is MicroPython's `time`."""

    def __init__(self, modem: "Modem", clock: "Clock", ticks: "Ticks", most_dbm: int):
        self.snr_db = 0
        self.late_ms = 0
        self._modem = modem
        self._clock = clock
        self._ticks = ticks
        self._most_dbm = most_dbm
        # One dictionary for all time: nothing is allocated for it between a transmission and its windows.
        self._settings = {"freq_khz": 0, "sf": 0, "bw": "", "output_power": 0}  # type: dict[str, object]

    async def send(self, frame: bytes, channel: "Channel", power_dbm: int) -> int:
        gc.collect()
        gc.disable()  # until the radio sleeps: no collection comes between TxDone and the windows
        self._tune(channel, power_dbm)
        self._modem.prepare_send(frame)
        self._modem.start_send()
        on_air_ms = self._modem.get_time_on_air_us(len(frame)) // 1000
        deadline_ms = self._clock.now_ms() + on_air_ms + _SPARE_MS
        await self._clock.sleep_ms(on_air_ms)
        done = self._modem.poll_send()
        while done is True:
            if self._clock.now_ms() > deadline_ms:
                self._modem.standby()
                raise RadioError("no TxDone: check DIO1 or DIO0, the TCXO voltage and the SPI wiring")
            await self._clock.sleep_ms(_POLL_MS)
            done = self._modem.poll_send()
        return self._clock.now_ms() - self._ticks.ticks_diff(self._ticks.ticks_ms(), int(done))

    async def receive(self, channel: "Channel", open_ms: int, timeout_ms: int) -> "bytes | None":
        self._tune(channel, self._most_dbm)
        longest_ms = self._modem.get_time_on_air_us(255) // 1000
        await self._clock.until_ms(open_ms)
        self._modem.start_recv(timeout_ms)
        self.late_ms = max(0, self._clock.now_ms() - open_ms)
        deadline_ms = open_ms + self.late_ms + timeout_ms + longest_ms + _SPARE_MS
        await self._clock.sleep_ms(timeout_ms)  # a frame that comes meanwhile stays in the chip
        packet = self._modem.poll_recv()
        while packet is True and self._clock.now_ms() < deadline_ms:
            await self._clock.sleep_ms(_FRAME_POLL_MS)
            packet = self._modem.poll_recv()
        self._modem.crc_errors = 0
        if packet is True:  # neither a frame nor the end of its time was told
            self._modem.standby()
            return None
        if packet is False:
            return None
        self.snr_db = packet.snr // 4
        return bytes(packet)

    def sleep(self) -> None:
        gc.enable()
        self._modem.sleep()

    def _tune(self, channel: "Channel", power_dbm: int) -> None:
        settings = self._settings
        settings["freq_khz"] = channel.hz / 1000
        settings["sf"] = channel.sf
        settings["bw"] = str(channel.bw_hz // 1000)
        settings["output_power"] = min(power_dbm, self._most_dbm)
        self._modem.configure(settings)


def lorawan_settings(hz: int) -> "dict[str, object]":
    """What LoRaWAN needs of the driver once (TS001-1.0.4 section 3.1, RP002-1.0.4 4.1)."""
    return {
        "freq_khz": hz / 1000,
        "coding_rate": 5,
        "preamble_len": _PREAMBLE_SYMBOLS,
        "syncword": _SYNC_WORD,
        "crc_en": True,
        "implicit_header": False,
        "invert_iq_tx": False,
        "invert_iq_rx": True,
    }


def sx126x(modem: "SX126x", clock: "Clock", ticks: "Ticks", hz: int) -> LoraRadio:
    """An SX1261 or SX1262, mended; `hz` is any channel of the region, for the image calibration."""
    settings = lorawan_settings(hz)
    settings["rx_boost"] = True
    modem.configure(settings)
    modem._cmd("BB", _SET_REGULATOR_MODE, _DC_DC)
    modem.calibrate()  # the one at power-on ran before the TCXO did
    modem.calibrate_image()
    _mend_inverted_iq(modem)
    return LoraRadio(modem, clock, ticks, _SX126X_MOST_DBM)


def sx127x(modem: "SX127x", clock: "Clock", ticks: "Ticks", hz: int, tx_ant: str = "PA_BOOST") -> LoraRadio:
    """An SX1276 and its kin, mended; boards with LoRaWAN modules have PA_BOOST wired."""
    settings = lorawan_settings(hz)
    settings["tx_ant"] = tx_ant
    modem.configure(settings)
    modem.calibrate_image()
    modem._reg_update(_LNA, 0x03, 0x03)
    return LoraRadio(modem, clock, ticks, _SX127X_MOST_DBM)


def _mend_inverted_iq(modem: "SX126x") -> None:
    def invert(enable: bool) -> None:
        """Written on every switch: the register does not survive sleep."""
        value = modem._reg_read(_IQ_POLARITY)
        modem._reg_write(_IQ_POLARITY, value & ~4 if enable else value | 4)

    modem._invert_workaround = invert  # type: ignore[method-assign]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.link.driver import Modem, SX126x, SX127x, Ticks
    from firmware.mac.actions import Channel
