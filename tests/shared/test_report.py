"""The report, on both Pythons."""

from codec import cbor, message, report
from codec.message import ROWS
from codec.registry import FAULTS
from codec.wire import WireError

CREEK = {"distance": 1234, "temperature": 123}
STREET = {"laeq": 613, "lafmax": 789, "l10": 642, "l90": 521}
DUST = {"pm25": 84, "pm10": 127, "temperature": 123, "humidity": 71}
FOUR_BINS = {"pm1": 61, "pm25": 84, "pm4": 90, "pm10": 127, "temperature": 123, "humidity": 71}

BITS = ROWS[-1].bit + 1
BIT = {row.name: 1 << row.bit for row in ROWS}
CENTRE = {row.name: row.centre for row in ROWS}


def joined(*reports):
    values = {}
    for each in reports:
        values.update(each)
    return values


ALL = joined(CREEK, STREET, FOUR_BINS, {"battery": 371})


def decoded(payload):
    said = message.decode(payload)
    assert isinstance(said, message.Report), said
    assert said.unknown == (0, b"")
    assert report.decode(payload) == said.values
    return said.values


def refusal(do, *arguments):
    try:
        do(*arguments)
    except WireError as error:
        return str(error)
    raise AssertionError(arguments)


def random_reports(count):
    """Seeded reports over the whole ranges, with faults and gaps in groups, the same on both Pythons."""
    state = 20261122
    for _ in range(count):
        values = {}
        group, kind = None, 0
        for row in ROWS:
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            if row.bit != group:
                group, kind = row.bit, state >> 16 & 3
            each = state >> 18 & 7
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            if kind == 0 or each == 0:
                continue
            if each == 1:
                names = FAULTS.split()
                values[row.name] = names[(state >> 8) % len(names)]
            elif each == 2:
                values[row.name] = "no_answer"
            else:
                values[row.name] = row.least + (state >> 3) % (row.most - row.least + 1)
        yield values


def test_the_same_values_come_back():
    for values in (CREEK, STREET, DUST, FOUR_BINS, ALL, {}, {"status": 0}, {"age_s": 11}):
        assert decoded(report.encode(values)) == values


def test_random_reports_come_back():
    for values in random_reports(300):
        assert decoded(report.encode(values)) == values


def test_no_prefix_of_a_report_is_read():
    for values in random_reports(40):
        payload = report.encode(values)
        for size in range(len(payload)):
            refusal(message.decode, payload[:size])
            refusal(report.decode, payload[:size])


def test_both_ends_of_each_range_fit_and_one_step_more_is_refused():
    for row in ROWS:
        for value in (row.least, row.most):
            assert decoded(report.encode({row.name: value})) == {row.name: value}
        for value in (row.least - 1, row.most + 1):
            assert row.name in refusal(report.encode, {row.name: value})


def test_a_value_out_of_its_range_is_decoded():
    for value in (-1, 70000):
        payload = cbor.encode((BIT["distance"] - 16, value - CENTRE["distance"]))
        assert decoded(payload) == {"distance": value}


def test_each_fault_travels_as_its_name():
    for fault in FAULTS.split():
        values = {"distance": fault, "temperature": 100, "laeq": 500, "lafmax": fault, "l10": 510, "l90": 400}
        assert decoded(report.encode(values)) == values
    for no_fault in ("asleep", "", "unknown no_answer", " stuck", "fault_3"):
        assert "distance cannot be" in refusal(report.encode, {"distance": no_fault})


def test_the_same_fault_again_takes_one_byte():
    values = dict.fromkeys(STREET, "no_answer")
    payload = report.encode(values)
    assert payload.hex() == "85008101808080"
    assert decoded(payload) == values
    for items in (
        ((), 1, 2, 3),
        ((1,), (1,), 2, 3),
        (1, (), 2, 3),
        (None, (), 2, 3),
        (None, None, None, None),
    ):
        refusal(message.decode, cbor.encode((16 - 16,) + items))


def test_a_fault_of_a_newer_registry_keeps_its_code():
    assert decoded(cbor.encode((BIT["distance"] - 16, (99,)))) == {"distance": "fault_99"}


def test_a_part_of_a_group_may_not_be_measured():
    for values in (
        {"pm1": 30},
        {"pm10": 90},
        {"laeq": 500, "lafmax": 700},
        {"rain_total": 1234},
        {"pm1": "stuck"},
    ):
        assert decoded(report.encode(values)) == values


def test_a_relative_quantity_without_its_reference_is_relative_to_the_centre():
    payload = report.encode({"pm4": CENTRE["pm25"] + CENTRE["pm4"] + 5})
    assert payload == cbor.encode((BIT["pm4"] - 16, 5, None))
    for reference in ("stuck", "no_answer"):
        values = {"pm25": reference, "pm10": reference, "pm4": 42}
        assert decoded(report.encode(values)) == values


def test_what_is_no_quantity_or_no_value_is_refused():
    for values in ({"level": 1200}, {"distance": None}, {"Distance": 1}, {"distance": 1234, "ph": 7}):
        assert "no quantity" in refusal(report.encode, values)
    for value in (12.5, b"1", (1,)):
        assert "distance" in refusal(report.encode, {"distance": value})


def test_the_tail_of_a_newer_registry_is_kept_raw():
    newer = 0b101 << BITS
    slot = newer + 0b10 - 16
    for tail in ((10, (3,)), (-70000, None), (None, (1, 2), 256, 0)):
        said = message.decode(cbor.encode((slot, 5) + tail))
        assert said == ({"temperature": 105}, (newer, cbor.encode(tail)[1:]))
    assert "newer bits" in refusal(message.decode, cbor.encode((slot, 5, 10)))
    assert "newer bits" in refusal(message.decode, cbor.encode((0b10 - 16, 5, 10)))


def test_what_is_no_report_is_refused():
    for items in ((), (None,), (None, 1), (-16, 0), (2 - 16,), (2 - 16, None)):
        refusal(message.decode, cbor.encode(items))
    for cut_short in ((), (0,), (0, 0), (0, 0, 0), ((1,), ()), ((1,), (), ()), (0, 0, 0, 0, 0)):
        refusal(message.decode, cbor.encode((BIT["laeq"] - 16,) + cut_short))
        refusal(report.decode, cbor.encode((BIT["laeq"] - 16,) + cut_short))
    for fault in ((None,), (-1,), (1, 1), ()):
        refusal(message.decode, cbor.encode((2 - 16, fault)))


def test_a_report_too_long_is_split_by_urgency():
    values = joined(ALL, {"status": 3, "number": 1000})
    whole = report.encode(values)
    assert report.split(values, len(whole)) == [whole]
    for limit in range(11, len(whole)):
        parts = [decoded(part) for part in report.split(values, limit)]
        together = joined(*parts)
        assert sorted(together) == sorted(values)
        for name in values:
            assert together[name] in (values[name], "no_room")
        assert parts[0]["distance"] == 1234
        for part in report.split(values, limit):
            assert len(part) <= limit
    for name in joined(STREET, {"distance": 1, "status": 1, "number": 1}):
        assert decoded(report.split(values, 20)[0])[name] == values[name]


def test_only_what_is_too_long_by_itself_has_no_room():
    values = joined(ALL, {"number": 1000})
    for part in report.split(values, 11):
        for name, value in decoded(part).items():
            assert value != "no_room" or name in STREET


def test_every_part_carries_number_and_age_while_they_fit():
    values = joined(CREEK, DUST, {"number": 20, "age_s": 15})
    for part in report.split(values, 13):
        assert (decoded(part)["number"], decoded(part)["age_s"]) == (20, 15)
    held_back = joined(STREET, CREEK, {"number": 60000, "age_s": 60000})
    for part in report.split(held_back, 11):
        assert decoded(part).get("age_s") == 60000 or decoded(part)["laeq"] == "no_room"


def test_random_reports_split_to_any_limit_lose_nothing():
    for values in random_reports(30):
        for limit in (11, 23, 51):
            together = {}
            for part in report.split(values, limit):
                assert len(part) <= limit
                said = decoded(part)
                assert said.get("age_s") == values.get("age_s") or "no_room" in said.values()
                together.update(said)
            for name in values:
                # Of all that was measured nothing is missing; the number stays behind where it had no room.
                assert together.get(name) in (values[name], "no_room") or name in ("number", "age_s")


def test_a_limit_below_that_of_any_network_is_refused():
    assert "no room" in refusal(report.split, CREEK, 10)


def transcript():
    return [report.encode(values).hex() for values in random_reports(300)]
