"""Flash and heap of the LoRaWAN stack in the real VM; `make size` prints the table."""

from tests.micropython import size


def test_the_stack_does_not_grow_unseen() -> None:
    costs = size.measure()
    of = {cost.module: cost.heap_bytes for cost in costs}
    assert len(costs) == len(size.MODULES) + len(size.ON_USE) + 3
    assert size.total(costs, size.MODULES)[1] <= 40 * 1024
    assert size.total(costs, size.MODULES + size.ON_USE)[0] <= 32 * 1024
    assert of["(one uplink cycle)"] <= 6 * 1024
    assert of["(start of TX to end of RX2)"] <= 2 * 1024  # the collector is off in between
