"""The payload codec on the recordings: sizes on the second halves, constants from the first; appendix A."""

import json
import statistics
from pathlib import Path

import pytest

from codec import cbor, report
from codec.desk.document import write
from codec.wire import WireError
from tests.bench import codec as bench
from tests.bench import fit
from tests.bench.recordings import STUCK_HUMIDITY, creek, dust, halves

ROWS = bench.rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_a_row_of_the_benchmark_meets_its_targets_and_loses_nothing(row: bench.Row | bench.Batch) -> None:
    assert bench.met(row, [len(payload) for payload in row.payloads()])
    assert bench.exact(row)


def test_all_rows_together_are_within_1_3_of_bit_packing() -> None:
    ours = sum(statistics.mean(len(payload) for payload in row.payloads()) for row in ROWS)
    assert ours <= 1.3 * sum(bench.packed_bytes(row) for row in ROWS)


def test_the_centres_in_force_are_those_of_the_first_halves() -> None:
    first = halves(creek("plumtree_run_2018_5min.csv"))[0] + halves(creek("dead_run_2018-06_5min.csv"))[0]
    dusts = halves(dust())[0]
    in_force = {row.name: row.centre for row in fit.ROWS}
    assert fit.best_centre(fit.differences("distance", first), None) == in_force["distance"]
    assert fit.best_centre(fit.differences("pm25", dusts), None) == in_force["pm25"]
    assert fit.best_centre(fit.differences("pm10", dusts), 0) == in_force["pm10"]


def test_the_stuck_humidity_sensor_is_a_fault_and_the_fault_travels(recordings: Path) -> None:
    rows = (recordings / "dust/dht22_2018-11_2018-12.csv").read_text(encoding="utf-8").splitlines()[1:]
    humidities = [row.split(",")[4] for row in rows]
    assert sum(float(each) == STUCK_HUMIDITY for each in humidities if each) > len(humidities) / 2
    assert report.decode(write({"temperature": 8.8, "humidity": "stuck"})) == {
        "temperature": 88,
        "humidity": "stuck",
    }


def test_of_appendix_a_just_our_subset_is_accepted(recordings: Path) -> None:
    vectors = json.loads((recordings / "cbor/appendix_a.json").read_text(encoding="utf-8"))
    assert len(vectors) == 82
    accepted = set()
    for vector in vectors:
        for wrapped in (vector["hex"], "81" + vector["hex"]):
            try:
                items = cbor.decode(bytes.fromhex(wrapped))
            except WireError:
                continue
            assert cbor.encode(items).hex() == wrapped
            accepted.add(vector["hex"])
            if wrapped == vector["hex"]:
                assert json.loads(json.dumps(items)) == vector["decoded"]
    assert accepted == {
        "00", "01", "0a", "17", "1818", "1819", "1864", "1903e8", "1a000f4240", "20", "29", "3863", "3903e7",
        "f6", "80", "83010203", "8301820203820405",
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
    }  # fmt: skip
