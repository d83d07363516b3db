"""The doctor: each thing that is wrong is found, and what it says can be done."""

import json
import ssl
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import certificates, doctor, doctor_brokers, local
from gateway.access.seal import KeyFile
from gateway.cli import app
from gateway.config import load
from gateway.finding import Finding
from gateway.mqtt.look import Seen, look
from gateway.peers import LnsConfig
from gateway.store.ledger import Store
from tests.gateway import tls
from tests.gateway.broker import Mosquitto, mosquitto

NOW = 1_700_000_000_000
GB = 10**9

CONFIG = """
[store]
path = "ledger.db"

[backup]
folder = "backups"

[[source]]
type = "chirpstack"
name = "cs"
url = "mqtt://127.0.0.1"
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "messfunk.toml").write_text(CONFIG)
    (tmp_path / "backups").mkdir()
    return tmp_path / "messfunk.toml"


def states(
    config: Path,
    is_synchronized: bool = True,
    free: tuple[int, int] = (50 * GB, 100 * GB),
    now: int = NOW,
) -> dict[str, str]:
    clock, disk, broker = lambda: is_synchronized, lambda folder: free, lambda broker: Seen()
    found = doctor.examine(load(config), now, clock, disk, broker)
    return {each.name: each.state for each in found}


def test_clock_and_disk(config: Path) -> None:
    good = states(config)
    assert (good["clock"], good["disk"], good["source cs"]) == ("good", "good", "wrong")
    assert states(config, is_synchronized=False)["clock"] == "wrong"
    assert states(config, free=(GB // 2, GB))["disk"] == "wrong"
    assert states(config, free=(2 * GB, 100 * GB))["disk"] == "wrong"


def test_the_master_key_must_be_ours_alone(config: Path) -> None:
    key = config.with_name("ledger.db.key")
    assert states(config)["master key"] == "look"
    key.write_text("00" * 64)
    key.chmod(0o644)
    assert states(config)["master key"] == "wrong"
    key.chmod(0o600)
    assert states(config)["master key"] == "good"
    key.write_text("00")
    assert states(config)["master key"] == "wrong"


def test_the_master_key_must_open_the_database(config: Path) -> None:
    """After a restore with another key all was good, and the gateway did not start."""
    key = config.with_name("ledger.db.key")
    Store(config.with_name("ledger.db"), KeyFile(key)).close()
    assert states(config)["master key"] == "good"
    own = key.read_text()
    key.write_text("00" * 64)
    assert states(config)["master key"] == "wrong"
    key.unlink()
    assert states(config)["master key"] == "wrong", "nothing makes it anew"
    key.touch(0o600)
    key.write_text(own)
    assert states(config)["master key"] == "good"


def test_whether_a_gateway_runs(config: Path) -> None:
    assert states(config)["database lock"] == "look"
    with local.holding(config.with_name("ledger.db")):
        assert states(config)["database lock"] == "good"


def test_the_command_says_what_to_do_and_fails(config: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--config", str(config), "--json"])
    told = json.loads(done.output)
    backup = next(each for each in told["findings"] if each["name"] == "backup")
    assert (done.exit_code, told["ok"], backup["state"]) == (1, False, "wrong")
    assert "messfunk backup create --to" in backup["text"]
    said = CliRunner().invoke(app, ["doctor", "--config", str(config)]).output
    assert "wrong  backup: " in said


def test_it_speaks_as_the_locale_says(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every finding, but what other programs have said; for programs the document stays English."""
    config.with_name("ledger.db.schema-14").write_bytes(b"")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    said = CliRunner().invoke(app, ["doctor", "--config", str(config)]).output
    assert "falsch  Sicherung: " in said and "noch keine; ausführen: messfunk backup create" in said
    assert "prüfen  älterer Bestand: " in said and "gut     Datenträger: " in said
    told = json.loads(CliRunner().invoke(app, ["doctor", "--config", str(config), "--json"]).output)
    english = {each["text"] for each in told["findings"]}
    kept = [line for line in said.splitlines() if line.partition(": ")[2] in english]
    assert [line for line in kept if "127.0.0.1" not in line] == []


def named(found: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(each.state, each.text) for each in found]


def test_secrets_that_others_can_read(tmp_path: Path, config: Path) -> None:
    (tmp_path / "password").write_text("hunter2")
    (tmp_path / "password").chmod(0o644)
    config.write_text(CONFIG + 'username = "u"\npassword_file = "password"\n')
    assert states(config)["password_file"] == "wrong"
    (tmp_path / "password").chmod(0o600)
    assert "password_file" not in states(config)
    (tmp_path / "ledger.db").write_bytes(b"")
    (tmp_path / "ledger.db").chmod(0o640)
    assert states(config)["database"] == "wrong"


def test_what_protects_the_ports_that_gateways_call(tmp_path: Path, config: Path) -> None:
    station = "[[source]]\ntype = 'basics_station'\nbind = '127.0.0.1:3001'\n"
    udp = "[[source]]\nbind = '0.0.0.0:1700'\ngateways = ['aa555a0000000101']\n"
    (tmp_path / "tokens").write_text("aa555a0000000201 0123456789abcdef\n")
    (tmp_path / "tokens").chmod(0o600)
    config.write_text(CONFIG + udp + station)
    found = states(config)
    assert found["source semtech_udp 0.0.0.0:1700"] == "look"
    assert found["source basics_station 127.0.0.1:3001"] == "look"
    config.write_text(CONFIG + station + "tokens_file = 'tokens'\n")
    assert states(config)["source basics_station 127.0.0.1:3001"] == "good"


def test_certificates_that_end(tmp_path: Path, config: Path) -> None:
    certificate, key = tls.certificate(tmp_path, days=30)
    config.write_text(f"{CONFIG}\n[http]\ntls_cert_file = '{certificate}'\ntls_key_file = '{key}'\n")
    today = int(time.time() * 1000)
    for days, state in ((0, "good"), (15, "look"), (31, "wrong")):
        assert states(config, now=today + days * 86_400_000)["tls_cert_file"] == state
    judge = ssl.create_default_context(cafile=certificate).get_ca_certs()[0]["notAfter"]
    assert certificates.ends_ms(certificate) == ssl.cert_time_to_seconds(str(judge)) * 1000
    whole = certificate.read_text()
    for bent in ("none", whole[:200], whole.replace("M", "N")):
        certificate.write_text(bent)
        assert states(config)["tls_cert_file"] == "wrong"


def test_what_a_broker_tells_and_what_nobody_can_know(tmp_path: Path, broker: Mosquitto) -> None:
    """A real Mosquitto, whose file is read as well where it is on this machine."""
    source = LnsConfig(type="chirpstack", name="cs", url=broker.url, group="g")
    found = list(doctor_brokers.examine(source, "source cs", look, tmp_path / "none"))
    assert found[0].state == "good" and "mosquitto version 2" in found[0].text
    texts = " ".join(each.text for each in found)
    assert "it does not tell" in texts and "QoS 0 unless" in texts
    assert "shares no subscriptions" not in texts
    file = tmp_path / "mosquitto.conf"
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "ours.conf").write_text("persistence true\n")
    file.write_text(f"# a comment\nmax_queued_messages 50\ninclude_dir {tmp_path / 'conf.d'}\n")
    said = [each.text for each in doctor_brokers.examine(source, "source cs", look, file)]
    assert any("keeps 50 messages" in text for text in said)
    file.write_text("max_queued_messages 0\npersistence true\n")
    found = list(doctor_brokers.examine(source, "source cs", look, file))
    assert found[-1].text == "what we miss the broker keeps, over a restart too"
    file.write_text("")
    assert "wrong" in [each.state for each in doctor_brokers.examine(source, "source cs", look, file)]


def test_a_broker_with_narrow_limits(tmp_path: Path) -> None:
    with mosquitto(
        tmp_path, "allow_anonymous true", "persistent_client_expiration 1h", "max_qos 0"
    ) as narrow:
        source = LnsConfig(type="tts", name="cs", url=narrow.url)
        found = list(doctor_brokers.examine(source, "source cs", look, tmp_path / "none"))
    assert ("wrong", "the broker knows QoS 0 only: it acknowledges and keeps nothing") in named(found)
    old = source.model_copy(update={"protocol": "3.1.1"})
    refused = list(doctor_brokers.examine(old, "source cs", look))
    assert [each.state for each in refused] == ["wrong"] and "refused" in refused[0].text
