"""One TOML file, checked as a whole; what is reachable from outside is refused unless it is meant."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import (
    Address,
    Config,
    ConfigError,
    HttpConfig,
    SourceConfig,
    load,
    parse_address,
    to_toml,
)

STATION = "[[source]]\ntype = 'basics_station'\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "messfunk.toml"


def test_what_is_left_away_has_a_default_on_loopback(file: Path) -> None:
    file.write_text("")
    config = load(file)
    assert config.store.path == file.parent / "messfunk.db"
    assert config.http and config.http.bind == Address("127.0.0.1", 8080)
    assert [source.bind for source in config.source] == [Address("127.0.0.1", 1700)]
    assert (config.network.region, config.network.dedup_ms, config.network.rx1_delay_s) == ("EU868", 200, 0)


def test_every_key_is_read(file: Path) -> None:
    file.write_text(
        """
        [store]
        path = "/var/lib/messfunk/ledger.db"
        [http]
        bind = "0.0.0.0:80"
        behind_proxy = true
        [network]
        region = "EU868"
        net_id = "00001a"
        dedup_ms = 300
        rx1_delay_s = 5
        rx1_dr_offset = 1
        rx2_hz = 869525000
        rx2_data_rate = 3
        channels_hz = [867100000, 867300000]
        sub_band = 0
        adr = false
        adr_margin_db = 12.5
        status_every_h = 48
        [[source]]
        type = "semtech_udp"
        bind = "[::]:1700"
        gateways = ["AA555A0000000101"]
        [[source]]
        bind = "127.0.0.1:1701"
        """
    )
    config = load(file)
    assert config.store.path == Path("/var/lib/messfunk/ledger.db")
    assert config.http == HttpConfig(bind=Address("0.0.0.0", 80), behind_proxy=True)
    assert config.network.model_dump() == {
        "region": "EU868",
        "net_id": "00001a",
        "dedup_ms": 300,
        "rx1_delay_s": 5,
        "rx1_dr_offset": 1,
        "rx2_hz": 869_525_000,
        "rx2_data_rate": 3,
        "channels_hz": (867_100_000, 867_300_000),
        "sub_band": 0,
        "adr": False,
        "adr_margin_db": 12.5,
        "status_every_h": 48,
    }
    assert config.source == (
        SourceConfig(bind=Address("::", 1700), gateways=("aa555a0000000101",)),
        SourceConfig(bind=Address("127.0.0.1", 1701)),
    )


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("stoer = 1", "stoer", "unknown key, expected one of store, http, network, alarms, source"),
        ("[http]\nport = 80", "http.port", "unknown key, expected one of bind, tls_cert_file,"),
        ("[[source]]\nbnid = 1", "source.1.bnid", "unknown key, expected one of type, bind, gateways"),
        ("[store]\npath = 3", "store.path", "expected a path"),
        ("[store]\nurl = 'mysql://db/messfunk'", "store.url", "expected postgresql://user@host/database"),
        ("[store]\nurl = 'postgresql://me:hush@db/messfunk'", "store.url", "Use password_file for it"),
        ("[store]\nurl = 'postgresql://db/x?password=hush'", "store.url", "its password in password_file"),
        ("[store]\npassword_file = 'none'", "store.password_file", "no such file"),
        ("store = 3", "store", "expected a table [store]"),
        ("[http]\nbind = 8080", "http.bind", "expected an IP address and a port"),
        ("[http]\nbind = 'localhost:80'", "http.bind", "expected an IP address and a port"),
        ("[http]\nbind = '127.0.0.1:65536'", "http.bind", "expected an IP address and a port"),
        ("[http]\nbind = '127.0.0.256:80'", "http.bind", "does not appear to be an IPv4"),
        ("[http]\nbehind_proxy = 'yes'", "http.behind_proxy", "expected true or false"),
        ("[network]\nregion = 'EU686'", "network.region", 'expected "EU868"'),
        ("[network]\nnet_id = 13", "network.net_id", "expected a NetID of 6 hexadecimal digits"),
        ("[network]\nnet_id = '13'", "network.net_id", "expected a NetID of 6 hexadecimal digits"),
        ("[network]\ndedup_ms = '200'", "network.dedup_ms", "expected an integer from 0 to 600"),
        ("[network]\ndedup_ms = 200.0", "network.dedup_ms", "expected an integer from 0 to 600"),
        ("[network]\ndedup_ms = true", "network.dedup_ms", "expected an integer from 0 to 600"),
        ("[network]\ndedup_ms = 601", "network.dedup_ms", "expected an integer from 0 to 600"),
        ("[network]\nrx1_delay_s = 16", "network.rx1_delay_s", "expected an integer from 1 to 15"),
        ("[network]\nchannels_hz = [868]", "network.channels_hz", "(868,) is not possible in EU868"),
        ("[network]\nrx2_data_rate = 7", "network.rx2_data_rate", "7 is not possible in EU868"),
        ("[network]\nrx1_dr_offset = 6", "network.rx1_dr_offset", "6 is not possible in EU868"),
        (
            "[network]\nregion = 'US915'\nchannels_hz = [902300000]",
            "network.channels_hz",
            "is not possible in US915",
        ),
        ("source = []", "source", "expected one or more tables [[source]]"),
        ("[source]\n", "source", "expected one or more tables [[source]]"),
        ("[[source]]\ntype = 'mqtt'", "source.1.type", 'expected "semtech_udp"'),
        ("[[source]]\n[[source]]\ngateways = ['1']", "source.2.gateways.1", "expected an EUI of 16"),
        ("[[source]]\ngateways = 'aa'", "source.1.gateways", "expected a list of the EUIs"),
        ("[http]\nbind = '0.0.0.0:80'", "http.behind_proxy", "set behind_proxy = true, or bind 127.0.0.1"),
        ("[http]\nbind = '[::]:80'", "http.behind_proxy", "reachable from other machines"),
        ("[[source]]\nbind = '0.0.0.0:1700'", "source.1.gateways", "list the EUIs to serve"),
        (
            "[[source]]\ngateways = ['aa555a0000000101@10']",
            "source.1.gateways.1",
            "aa555a0000000101@10.1.2.0/24",
        ),
        ("[[source]]\nkeepalive_s = 0", "source.1.keepalive_s", "expected an integer from 1 to 300"),
        (f"{STATION}bind = '0.0.0.0:3001'", "source.1.url", "name tls_cert_file and tls_key_file"),
        (f"{STATION}url = 'wss://lns.example.org:443'", "source.1.url", "name tokens_file or client_ca_file"),
        (f"{STATION}url = 'https://lns.example.org'", "source.1.url", "expected wss://host:port"),
        (f"{STATION}tls_cert_file = 'messfunk.toml'", "source.1.tls_key_file", "belong together"),
        (f"{STATION}client_ca_file = 'messfunk.toml'", "source.1.client_ca_file", "over TLS only"),
        (f"{STATION}tokens_file = 'none'", "source.1.tokens_file", "no such file"),
        ("[[source]]\nbind = '192.0.2.1:1700'\ngateways = []", "source.1.gateways", "list the EUIs to serve"),
    ],
)
def test_an_error_names_file_key_and_what_is_expected(file: Path, text: str, key: str, expected: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(file)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{file}: {key}: ")
    assert "hush" not in line
    assert expected in line


def test_all_errors_are_named_at_once(file: Path) -> None:
    file.write_text("[store]\npath = 1\n[http]\nbind = 2\n[network]\nnet_id = 3")
    with pytest.raises(ConfigError) as refused:
        load(file)
    assert [line.split(": ")[1] for line in str(refused.value).splitlines()] == [
        "store.path",
        "http.bind",
        "network.net_id",
    ]


@pytest.mark.parametrize(("content", "expected"), [(b"[http", "not TOML"), (b"\xff", "not TOML")])
def test_what_is_no_toml_is_refused(file: Path, content: bytes, expected: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=expected):
        load(file)


def test_a_missing_file_names_the_next_step(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"messfunk\.toml: No such file.*messfunk config init"):
        load(file)


@pytest.mark.parametrize("commented", [True, False])
def test_what_is_written_is_read_back(file: Path, commented: bool) -> None:
    config = Config(
        http=HttpConfig(bind=Address("::1", 80)),
        source=(SourceConfig(), SourceConfig(bind=Address("0.0.0.0", 1), gateways=("aa555a0000000101",))),
    )
    file.write_text(to_toml(config, commented))
    read = load(file)
    assert read.model_copy(update={"store": config.store}) == config


def test_a_first_configuration_explains_each_key() -> None:
    lines = to_toml(Config(), commented=True).splitlines()
    keys = [number for number, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    assert len(keys) == len(set(keys)) > 15
    assert all(lines[number - 1].startswith("# ") for number in keys)
    assert tomllib.loads("\n".join(lines))["network"]["dedup_ms"] == 200


@given(st.ip_addresses(), st.integers(0, 65535))
def test_an_address_is_read_as_it_is_written(host: object, port: int) -> None:
    address = Address(str(host), port)
    assert parse_address(str(address)) == address


def test_no_page_needs_to_be_served() -> None:
    config = Config(http=None)
    assert "[http]" not in to_toml(config)
