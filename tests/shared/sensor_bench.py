"""A clock, buses and a board for the sensor tests: nothing waits, and a bus says what the test has it say."""


class Clock:
    def __init__(self):
        self._now_ms = 0

    def now_ms(self):
        return self._now_ms

    async def sleep_ms(self, duration_ms):
        self._now_ms += duration_ms

    async def until_ms(self, when_ms):
        self._now_ms = max(self._now_ms, when_ms)


def run(reading):
    """What a coroutine returns whose awaits all end at once."""
    try:
        reading.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the test's clock never waits")


class TalkingUart:
    """Gives one chunk a read, after what waits from before."""

    def __init__(self, chunks, waiting=b""):
        self._chunks = [waiting] + list(chunks)
        self.written = []

    def read(self, nbytes=None):
        return self._chunks.pop(0) if self._chunks else None

    def write(self, data):
        self.written.append(bytes(data))
        return len(data)


class AskedUart:
    """Answers what is written with `answer(data)`."""

    def __init__(self, answer):
        self._answer = answer
        self._pending = b""
        self.written = []

    def read(self, nbytes=None):
        data, self._pending = self._pending, b""
        return data or None

    def write(self, data):
        self.written.append(bytes(data))
        self._pending += self._answer(bytes(data))
        return len(data)


class I2C:
    """`answer(address, last written, size)` gives the bytes read; who does not answer raises OSError."""

    def __init__(self, answer):
        self._answer = answer
        self.written = []

    def writeto(self, addr, buf):
        self.written.append((addr, bytes(buf)))
        self._answer(addr, bytes(buf), 0)
        return len(buf)

    def readfrom(self, addr, nbytes):
        return self._answer(addr, self.written[-1][1], nbytes)


class ADC:
    def __init__(self, readings_uv):
        self._readings_uv = list(readings_uv)

    def read_uv(self):
        return self._readings_uv.pop(0) if len(self._readings_uv) > 1 else self._readings_uv[0]


class Store:
    def __init__(self):
        self._values = {}

    def get(self, key):
        return self._values.get(key)

    def put(self, key, value):
        self._values[key] = bytes(value)


class Board:
    """The buses that the test gives, by name; `opened` says how they were asked for."""

    NAME = "bench"

    def __init__(self, buses):
        self._buses = buses
        self._rtc = Store()
        self.opened = []

    def rtc(self):
        return self._rtc

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._buses:
            raise AttributeError(name)

        def open_bus(*how):
            self.opened.append((name, how))
            return self._buses[name]()

        return open_bus


def fed(framer, stream, size):
    """What the framer gives for the stream in chunks of `size`."""
    readings = []
    for at in range(0, len(stream), size):
        readings += framer.feed(stream[at : at + size])
    return readings


def flipped(frame, bit):
    damaged = bytearray(frame)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)
