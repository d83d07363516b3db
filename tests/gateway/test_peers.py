"""Brokers and sinks in the configuration: what is refused, with what words; secrets only by file."""

import re
from pathlib import Path

import pytest

from gateway.config import Config, ConfigError, load, to_toml
from gateway.peers import InfluxConfig, LnsConfig, MqttSinkConfig, WebhookConfig, read_secret


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in ("password", "token", "ca.pem", "client.pem", "client.key"):
        (tmp_path / name).write_text("secret\n")
    return tmp_path / "messfunk.toml"


WHOLE = """
[[source]]
[[source]]
type = "chirpstack"
name = "cs"
url = "mqtts://broker.example.org"
client_id = "town-1"
username = "messfunk"
password_file = "password"
ca_file = "ca.pem"
cert_file = "client.pem"
key_file = "client.key"
topics = ["application/7/device/+/event/+"]
group = "town"
adopt = true
[[source]]
type = "tts"
name = "tts"
url = "mqtts://eu1.cloud.thethings.example:8884"
protocol = "3.1.1"
[[sink]]
type = "mqtt"
name = "out"
url = "mqtt://[::1]:1884"
topic = "pegel"
home_assistant = "homeassistant"
[[sink]]
type = "influx"
name = "history"
url = "https://influx.example.org"
org = "town"
bucket = "water"
token_file = "token"
[[sink]]
type = "webhook"
name = "hook"
url = "http://192.0.2.1/in"
token_file = "token"
plaintext = true
"""


def test_every_key_is_read_and_written_back(file: Path) -> None:
    file.write_text(WHOLE)
    config = load(file)
    _, chirpstack, tts = config.source
    assert isinstance(chirpstack, LnsConfig)
    assert isinstance(tts, LnsConfig)
    assert (chirpstack.host, chirpstack.port, chirpstack.is_tls) == ("broker.example.org", 8883, True)
    assert chirpstack.password_file == file.parent / "password", "relative to the configuration"
    assert (tts.port, tts.protocol, tts.adopt, tts.topics) == (8884, "3.1.1", False, None)
    mqtt, influx, hook = config.sink
    assert isinstance(mqtt, MqttSinkConfig)
    assert (mqtt.host, mqtt.port, mqtt.is_tls) == ("::1", 1884, False)
    assert isinstance(influx, InfluxConfig)
    assert influx.measurement == "messfunk"
    assert isinstance(hook, WebhookConfig)
    file.write_text(to_toml(config, commented=True))
    assert load(file) == config


LNS = '[[source]]\ntype = "chirpstack"\nname = "cs"\n'
MQTT = '[[sink]]\ntype = "mqtt"\nname = "out"\nurl = "mqtt://127.0.0.1"\n'
HOOK = '[[sink]]\ntype = "webhook"\nname = "hook"\n'
INFLUX = '[[sink]]\ntype = "influx"\nname = "i"\nurl = "http://127.0.0.1:8086"\norg = "o"\n'


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        (LNS, "source.1.url", 'expected the broker, such as "mqtts://broker.example.org"'),
        (LNS + 'url = "broker"', "source.1.url", "expected mqtts://host or mqtt://host"),
        (LNS + 'url = "mqtt://a:b@host"', "source.1.url", "no user and password in a URL"),
        (LNS + 'url = "mqtt://host:70000"', "source.1.url", "out of range"),
        (
            LNS + 'url = "mqtt://host"\nbind = "127.0.0.1:1"',
            "source.1.bind",
            "unknown key, expected one of url,",
        ),
        (LNS + 'url = "mqtt://host"\nprotocol = "4"', "source.1.protocol", 'expected "5" or "3.1.1"'),
        (LNS + 'url = "mqtt://host"\ntopics = []', "source.1.topics", "expected a list of topic filters"),
        (LNS + 'url = "mqtt://host"\ngroup = "a/b"', "source.1.group", "expected 1 to 64 letters"),
        (LNS + 'url = "mqtt://host"\npassword = "p"', "source.1.password", "unknown key"),
        (LNS + 'url = "mqtt://host"\npassword_file = "none"', "source.1.password_file", "none: no such file"),
        (LNS + 'url = "mqtt://host"\npassword_file = "password"', "source.1.plaintext", "use mqtts://"),
        (
            LNS + 'url = "mqtts://host"\nkey_file = "client.key"',
            "source.1.key_file",
            "name the certificate too",
        ),
        ('[[source]]\ntype = "chirpstack"\nurl = "mqtt://h"', "source.1.name", "expected 1 to 32 letters"),
        ('[[source]]\ntype = "ttn"', "source.1.type", '"chirpstack", "chirpstack_v3" or "tts"'),
        (
            '[[sink]]\ntype = "kafka"\nname = "k"\nurl = "mqtt://h"',
            "sink.1.type",
            'expected "mqtt", "influx" or',
        ),
        ('[[sink]]\nname = "k"\nurl = "mqtt://h"', "sink.1.type", 'expected "mqtt", "influx" or "webhook"'),
        ("sink = 3", "sink", "expected none or more tables [[sink]]"),
        (MQTT + 'topic = "a/+"', "sink.1.topic", "expected a text without / + #"),
        (MQTT + MQTT, "sink", "out is the name of two tables"),
        (LNS.replace("cs", "out") + 'url = "mqtt://h"\n' + MQTT, "sink", "out is the name of two tables"),
        (HOOK + 'url = "ftp://host"', "sink.1.url", "expected https://host or http://host"),
        (HOOK + 'url = "https://a:b@host"', "sink.1.url", "no user and password"),
        (HOOK + 'url = "http://host"\ntoken_file = "token"', "sink.1.plaintext", "use https://"),
        (INFLUX, "sink.1.bucket", "expected a text: the bucket"),
        (INFLUX + 'bucket = "b"\nmeasurement = "#"', "sink.1.measurement", "the first a letter"),
    ],
)
def test_an_error_names_file_key_and_what_is_expected(file: Path, text: str, key: str, expected: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{file}: {key}: ")
    assert expected in line


def test_a_secret_is_the_first_line_and_in_no_error(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    assert read_secret(None) is None
    secret.write_bytes(b" s3cret \r\nrest\n")
    assert read_secret(secret) == "s3cret"
    for content in (b"", b"\n s3cret", b"s3cret\xff"):
        secret.write_bytes(content)
        with pytest.raises(ConfigError, match="first line") as refused:
            read_secret(secret)
        assert "s3cret" not in str(refused.value)


def test_a_configuration_in_memory_needs_no_folder() -> None:
    source = LnsConfig(type="tts", name="tts", url="mqtt://127.0.0.1")
    assert Config(source=(source,)).source == (source,)


def test_the_readmes_example_is_good(file: Path) -> None:
    readme = Path(__file__).parent.parent.parent / "README.md"
    examples = re.findall(r"```toml\n(.*?)```", readme.read_text("utf-8"), re.DOTALL)
    (example,) = [text for text in examples if 'type = "chirpstack"' in text]
    (file.parent / "broker.password").write_text("secret\n")
    file.write_text(example)
    config = load(file)
    assert [each.name for each in config.source if isinstance(each, LnsConfig)] == ["town"]
    assert [each.name for each in config.sink] == ["home"]
