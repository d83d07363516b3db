"""Flash and heap of the LoRaWAN stack in the real VM; `make size` prints the table."""

from tests.micropython import size


def test_the_stack_does_not_grow_unseen() -> None:
    costs = size.measure()
    cycle_bytes = next(cost.heap_bytes for cost in costs if cost.module == "(one uplink cycle)")
    assert len(costs) == len(size.MODULES) + len(size.ON_USE) + 2
    assert size.total(costs, size.MODULES)[1] <= 40 * 1024
    assert size.total(costs, size.MODULES + size.ON_USE)[0] <= 32 * 1024
    assert cycle_bytes <= 6 * 1024
