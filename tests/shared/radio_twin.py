"""What the twins of SX1262 and SX1276 share: SPI bytes, pins, time, an air to hear and be heard in.

What LoRaWAN needs is modelled: modes, the IQ polarity a receiver really has, sync word, timers, IRQs.
Sources: SX1261/2 datasheet rev 2.1, SX1276 datasheet rev 7.
"""


class World:
    """Virtual time in us, and MicroPython's `time` on it."""

    def __init__(self):
        self.us = 5000
        self.chip = None

    def pass_us(self, us):
        self.us += us
        if self.chip:
            self.chip.tick(self.us)

    def now_ms(self):
        return self.us // 1000

    async def sleep_ms(self, ms):
        self.pass_us(ms * 1000)

    async def until_ms(self, ms):
        self.pass_us(max(0, ms * 1000 - self.us))

    def ticks_ms(self):
        return self.us // 1000

    def ticks_us(self):
        return self.us

    def ticks_add(self, ticks, delta):
        return ticks + delta

    def ticks_diff(self, ticks1, ticks2):
        return ticks1 - ticks2


class Pin:
    """Enough of machine.Pin: called to set or get, with one interrupt handler."""

    IN, OUT, IRQ_RISING = 0, 1, 2

    def __init__(self, on_set=None):
        self.level = 0
        self.is_held = False  # as an ESP32 holds a pin through deep sleep, and after it
        self._on_set = on_set
        self._handler = None

    def init(self, mode=0, pull=None, value=None, hold=None):
        if hold is not None:
            self.is_held = False
        if value is not None:
            self(value)
        self.is_held = self.is_held or bool(hold)

    def __call__(self, level=None):
        if level is not None and not self.is_held:
            rises = level and not self.level
            self.level = level
            if self._on_set:
                self._on_set(level)
            if rises and self._handler:
                self._handler(self)
        return self.level

    def value(self, *level):
        return self(*level)

    def irq(self, handler=None, trigger=0):
        self._handler = handler


class Chip:
    """What both chips share: SPI framing by the chip select, the frame on its way, the one that comes in."""

    def __init__(self, world):
        self.world = world
        world.chip = self
        self.cs = Pin(self._select)
        self.irq_pin = Pin()
        self.reset = Pin(self._reset)
        self.transmitted = []  # what left the antenna, as dicts
        self.coming = None  # (start us, frame, dict of what it is)
        self.locked = None  # frame that the receiver is in the middle of
        self.end_us = None  # of a transmission
        self.on_sent = None  # told the frame and when it ended
        self.rx_open_us = None
        self.rx_close_us = None
        self._burst = None
        self.rssi_dbm = lambda khz, us: -120  # of what others send, by frequency and time

    def _select(self, level):
        if level == 0:
            self._burst = bytearray()

    def write_readinto(self, out, into):
        data = bytes(out)
        answer = self.exchange(data)
        for at in range(len(data)):
            into[at] = answer[at]

    def write(self, data):
        self.exchange(bytes(data))

    def readinto(self, into, fill=0x00):
        answer = self.exchange(bytes([fill] * len(into)))
        for at in range(len(into)):
            into[at] = answer[at]

    def exchange(self, data):
        raise NotImplementedError

    def tick(self, now_us):
        if self.end_us is not None and now_us >= self.end_us:
            end_us, self.end_us = self.end_us, None
            self.tx_done()
            if self.on_sent:
                self.on_sent(self.transmitted[-1]["frame"], end_us)
        if self.rx_open_us is not None:
            self._hear(now_us)

    def _hear(self, now_us):
        """Lock on a preamble that began while open; else close when the timer is over."""
        if self.coming and self.locked is None:
            start_us, frame, how = self.coming
            symbol_us = self.symbol_us()
            # Five symbols of preamble are needed, and the header must come before the timer ends.
            ready = self.rx_open_us <= start_us + 3 * symbol_us
            header_us = start_us + 20 * symbol_us
            if ready and header_us <= self.rx_close_us and now_us >= header_us and how == self.listening():
                self.locked = (start_us + self.air_us(len(frame)), frame)
        if self.locked and now_us >= self.locked[0]:
            frame, self.locked, self.coming, self.rx_open_us = self.locked[1], None, None, None
            self.rx_done(frame)
        elif self.locked is None and now_us >= self.rx_close_us:
            self.rx_open_us = None
            self.rx_timeout()

    def air_us(self, size):
        """Explicit header, CR 4/5; CRC or not does not matter here."""
        sf = self.sf()
        low = 2 if self.symbol_us() >= 16000 else 0
        blocks = max(0, -(-(8 * size - 4 * sf + 44) // (4 * (sf - low))))
        return (self.preamble() + 8 + blocks * 5) * self.symbol_us() + self.symbol_us() * 17 // 4

    def symbol_us(self):
        return (1000000 << self.sf()) // self.bw_hz()
