"""Line protocol: read back by a reader of its own, against a server that speaks HTTP."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Reading
from gateway.peers import InfluxConfig
from gateway.sinks.influx import Influx, to_lines
from gateway.store import outbox
from gateway.store.outbox import Delivery
from tests.gateway.desk import START_MS
from tests.gateway.sinks.conftest import Ledger
from tests.gateway.sinks.web import serving


def read_line(line: str) -> tuple[str, dict[str, str], dict[str, str], int]:
    """Measurement, tags, fields and time by the grammar of the InfluxDB 2 reference."""
    head, rest = re.split(r"(?<!\\) ", line, maxsplit=1)
    fields, time = rest.rsplit(" ", 1)
    split = [re.sub(r"\\([,= ])", r"\1", each) for each in re.findall(r"((?:\\.|[^,=\\])+)[,=]?", head)]
    pairs = dict(zip(split[1::2], split[2::2], strict=True))
    assert re.fullmatch(r'(?:[a-z0-9_]+=("(?:\\.|[^"\\])*"|[^," ]+)(?:,|$))+', fields), fields
    found = re.findall(r'([^=,]+)=("(?:\\.|[^"\\])*"|[^,]+)', fields)
    return split[0], pairs, dict(found), int(time)


def measured(quantity: str, value: float | None, fault: str | None, time: int = 5) -> Reading:
    return Reading("70b3d57ed0020001", quantity, time, value, fault, 1, "ab12")


def delivery(name: str, readings: tuple[Reading, ...]) -> Delivery:
    return Delivery("ab12", "70b3d57ed0020001", name, None, 1, 7, 1, False, START_MS, b"", None, readings, ())


def test_a_line_says_what_was_measured(ledger: Ledger) -> None:
    ledger.add("influx", fcnt=3)
    (owed,) = outbox.due(ledger.store.connection, "influx", 9)
    assert list(to_lines(owed, "messfunk")) == [
        "messfunk,dev_eui=70b3d57ed0020001,name=Pegel\\,\\ Aue\\=1 "
        f'fcnt=3i,uplink_id="{owed.id}",pm4=5.9,temperature=21.5 {START_MS + 3000}'
    ]


def test_whole_numbers_are_floats_and_faults_are_texts() -> None:
    readings = (
        measured("level", 2.0, None),
        measured("distance", None, 'no "echo"'),
        measured("rain", 1.5, None, 6),
    )
    first, second = to_lines(delivery("Aue", readings), "messfunk")
    assert 'level=2.0,distance_fault="no \\"echo\\"" 5' in first
    assert second.endswith("rain=1.5 6")


@given(
    name=st.text(),
    value=st.floats(allow_nan=False, allow_infinity=False),
    fault=st.text(max_size=10),
)
def test_no_name_breaks_a_line(name: str, value: float, fault: str) -> None:
    readings = (
        measured("level", value, None),
        measured("head", None, fault),
    )
    (line,) = to_lines(delivery(name, readings), "messfunk")
    assert "\n" not in line
    _, tags, fields, time = read_line(line)
    assert tags.keys() == {"dev_eui", "name"}
    assert float(fields["level"]) == value
    assert (fields.keys(), time) == ({"fcnt", "uplink_id", "level", "head_fault"}, 5)


async def test_it_is_posted_with_its_token(ledger: Ledger) -> None:
    token = ledger.store.where.parent / "token"
    token.write_text("secret-of-influx\n")
    async with serving([204, 204]) as server:
        config = InfluxConfig(
            type="influx", name="influx", url=server.url, token_file=token, org="town", bucket="water"
        )
        sink = Influx(config)
        for fcnt in range(3):
            ledger.add("influx", fcnt=fcnt)
        await sink.deliver(outbox.due(ledger.store.connection, "influx", 9))
        await sink.stop()
        (request,) = server.requests
    assert request.line == "POST /api/v2/write?org=town&bucket=water&precision=ms HTTP/1.1"
    assert request.headers["authorization"] == "Token secret-of-influx"
    assert len(request.body.decode().splitlines()) == 3
