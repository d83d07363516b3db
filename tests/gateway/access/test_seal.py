"""Keys at rest: on disk they are sealed, nowhere are they told, and under another key they do not open."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway import devices
from gateway.access import seal
from gateway.access.seal import KeyFile, Keys, SealError
from gateway.cli import app as command_line
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, Desk, abp, otaa

MASTER = "ab" * 64


def key_file(folder: Path, **environment: str) -> KeyFile:
    return KeyFile(folder / "x.db.key", environment)


def populate(store: Store) -> None:
    for node in (abp(1), otaa(1)):
        devices.add(store, devices.Provisioning(node.dev_eui, "Aue", node.keys or node.otaa), START_MS)


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if not file.name.endswith(".key"))


def plain_keys() -> list[bytes]:
    made = abp(1).keys
    assert made
    return [made.nwk_s_key, made.app_s_key, otaa(1).app_key]


def test_on_disk_there_is_no_key(tmp_path: Path) -> None:
    store = Store(tmp_path / "x.db", key_file(tmp_path))
    populate(store)
    (session,) = store.candidates("00000001")
    joiner = store.device(otaa(1).dev_eui)
    assert joiner
    assert [session.nwk_s_key, session.app_s_key, joiner.app_key] == plain_keys()
    assert not [key for key in plain_keys() if key in bytes_of(tmp_path)]
    store.close()
    assert not [key for key in plain_keys() if key in bytes_of(tmp_path)]
    assert (tmp_path / "x.db.key").stat().st_mode & 0o777 == 0o600


def test_a_plain_database_is_sealed_and_swept(tmp_path: Path) -> None:
    plain = Store(tmp_path / "x.db")
    populate(plain)
    plain.close()
    assert all(key in bytes_of(tmp_path) for key in plain_keys())
    store = Store(tmp_path / "x.db", key_file(tmp_path))
    assert store.candidates("00000001")[0].nwk_s_key == plain_keys()[0]
    assert not [key for key in plain_keys() if key in bytes_of(tmp_path)]
    store.close()
    again = Store(tmp_path / "x.db", key_file(tmp_path))
    assert again.candidates("00000001")[0].nwk_s_key == plain_keys()[0]
    again.close()


def test_another_master_key_is_refused_and_a_lost_one_named(tmp_path: Path) -> None:
    store = Store(tmp_path / "x.db", key_file(tmp_path))
    populate(store)
    store.close()
    with pytest.raises(SealError, match=r"\$MESSFUNK_MASTER_KEY: this master key does not belong"):
        Store(tmp_path / "x.db", key_file(tmp_path, MESSFUNK_MASTER_KEY=MASTER))
    (tmp_path / "x.db.key").rename(tmp_path / "safe")
    with pytest.raises(SealError, match=r"x\.db\.key: no master key is there"):
        Store(tmp_path / "x.db", key_file(tmp_path))
    assert not (tmp_path / "x.db.key").exists(), "a new one would open nothing"


def test_the_master_key_may_come_from_the_environment(tmp_path: Path) -> None:
    store = Store(tmp_path / "x.db", key_file(tmp_path, MESSFUNK_MASTER_KEY=MASTER))
    populate(store)
    assert store.candidates("00000001")[0].nwk_s_key == plain_keys()[0]
    store.close()
    assert not (tmp_path / "x.db.key").exists()


@pytest.mark.parametrize("text", ["", "ab" * 63, MASTER + "ab", "zz" * 64, "\xff"])
def test_a_master_key_that_is_none_is_refused_and_not_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.db.key").write_text(text, encoding="latin-1")
    (tmp_path / "x.db.key").chmod(0o600)
    with pytest.raises(SealError, match=r"x\.db\.key") as refused:
        Store(tmp_path / "x.db", key_file(tmp_path))
    assert "abab" not in str(refused.value)


def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db.key").write_text(MASTER)
    (tmp_path / "x.db.key").chmod(0o640)
    with pytest.raises(SealError, match="chmod 600"):
        Store(tmp_path / "x.db", key_file(tmp_path))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=64, max_size=64), st.integers(0, 31))
def test_what_is_sealed_opens_where_it_belongs_and_nowhere_else(
    key: bytes, master: bytes, spoilt: int
) -> None:
    keys = Keys(master)
    sealed = keys.seal(key, "app_key", "aa")
    damaged = bytearray(sealed)
    damaged[spoilt] ^= 1
    opener = Keys(master)
    assert opener.open(sealed, "app_key", "aa") == opener.open(sealed, "app_key", "aa") == key
    for wrong, context in (
        (sealed, ("app_key", "ab")),
        (sealed, ("app_s_key", "aa")),
        (bytes(damaged), ("app_key", "aa")),
    ):
        with pytest.raises(SealError):
            opener.open(wrong, *context)
    assert master.hex() not in repr(keys) and key.hex() not in repr(keys)


def test_a_judge_opens_what_we_seal() -> None:
    """RFC 5297 by hand: S2V over the contexts with CMAC, then CTR under the cleared tag."""
    from Crypto.Cipher import AES
    from Crypto.Hash import CMAC

    def cmac(key: bytes, data: bytes) -> int:
        return int.from_bytes(CMAC.new(key, data, ciphermod=AES).digest(), "big")

    def double(number: int) -> int:
        return (number << 1 & (1 << 128) - 1) ^ (0x87 if number >> 127 else 0)

    master, key = bytes(range(64)), bytes(range(16))
    vector = cmac(master[:32], bytes(16))
    for part in (b"app_key", b"aa"):
        vector = double(vector) ^ cmac(master[:32], part)
    tag = cmac(master[:32], (vector ^ int.from_bytes(key, "big")).to_bytes(16, "big")).to_bytes(16, "big")
    counter = int.from_bytes(tag, "big") & ~(1 << 63 | 1 << 31)
    ciphertext = AES.new(master[32:], AES.MODE_CTR, nonce=b"", initial_value=counter).encrypt(key)
    assert Keys(master).seal(key, "app_key", "aa") == tag + ciphertext


def test_no_key_is_told_by_commands_or_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    fields: dict[str, Any] = {"join_eui": "0102030405060708", "app_key": "2b7e151628aed2a6abf7158809cf4f3c"}
    told = ""
    for words in (["add", "70b3d57ed0000001", "--keys-file", "-"], ["list"], ["show", "70b3d57ed0000001"]):
        for form in ([], ["--json"]):
            done = CliRunner().invoke(
                command_line, ["device", *words, *form, "--db", "x.db"], input=json.dumps(fields)
            )
            told += done.output
    master = (tmp_path / "x.db.key").read_text().strip()
    assert "70b3d57ed0000001" in told
    for secret in (fields["app_key"], master):
        assert secret not in told + caplog.text


def test_opening_is_done_once_per_key(desk: Desk) -> None:
    keys = Keys(bytes(64))
    sealed = keys.seal(b"k" * 16, "app_key", "aa")
    assert keys.open(sealed, "app_key", "aa") is keys.open(sealed, "app_key", "aa")
    assert not seal.is_sealed(desk.store.connection)
