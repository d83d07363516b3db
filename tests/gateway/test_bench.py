"""`make bench-gateway` in small: that it works and loses nothing, not how fast it is."""

from pathlib import Path

from tests.bench.gateway import __main__ as bench
from tests.bench.gateway import node_red
from tests.bench.gateway.sampling import STAGES
from tests.gateway.broker import mosquitto


def test_what_is_sent_comes_out_and_the_processor_time_is_known(tmp_path: Path) -> None:
    (tmp_path / "gateway").mkdir()
    with mosquitto(tmp_path, "allow_anonymous true") as broker:
        run = bench.ours(tmp_path / "gateway", broker, nodes=20, rounds=5)
        shares = bench.where_time_goes(broker, nodes=20, rounds=5)
    assert (run.uplinks, run.lost) == (100, 0)
    assert run.processor_s > 0
    assert run.memory_mb > 10
    assert shares.keys() & {stage for _, stage in STAGES}
    assert abs(sum(shares.values()) - 1) < 0.01


def test_the_peer_is_given_the_same_payloads_in_chirpstacks_json() -> None:
    messages = node_red.messages(nodes=3, rounds=2)
    assert [topic.split("/")[3] for topic, _ in messages] == [f"70b3d57ed002000{n}" for n in (0, 1, 2)] * 2
