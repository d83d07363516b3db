"""The gateway's configuration: one TOML file, checked as a whole before anything starts."""

import json
import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from gateway import complaints
from gateway.access.seal import KeyFile
from gateway.addresses import Address as Address
from gateway.addresses import Bind
from gateway.addresses import Eui as Eui
from gateway.addresses import parse_address as parse_address
from gateway.addresses import parse_eui as parse_eui
from gateway.alarms.section import AlarmsConfig
from gateway.logs import LogConfig
from gateway.network.config import NetworkConfig
from gateway.nightly import BackupConfig
from gateway.peers import File, InfluxConfig, LnsConfig, MqttSinkConfig, WebhookConfig
from gateway.section import ConfigError as ConfigError
from gateway.section import Section
from gateway.sources.section import SourceConfig as SourceConfig
from gateway.sources.section import StationConfig as StationConfig
from gateway.store.database import Postgres, Where
from gateway.store.retention import RetentionConfig
from gateway.web.section import PageConfig
from gateway.words import said


class StoreConfig(Section):
    path: Path = Field(
        default=Path("messfunk.db"),
        strict=False,
        description="a path: the database, relative to this configuration",
    )
    url: str | None = Field(
        default=None,
        description='a PostgreSQL database instead, such as "postgresql://messfunk@127.0.0.1/messfunk"',
    )
    password_file: File | None = Field(
        default=None, description="a path: the file with the password; ~/.pgpass unless given"
    )
    master_key_file: Path | None = Field(
        default=None,
        strict=False,
        description="a path: the key that seals the nodes' keys; `path` with .key behind it unless given",
    )
    plain_keys: bool = Field(
        default=False, description="true or false: the nodes' keys lie open in the database; for simulations"
    )

    @field_validator("url")
    @classmethod
    def _database_url(cls, url: str | None) -> str | None:
        """No password: a URL is shown and logged."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme != "postgresql" or "password" in parts.query:
            raise ValueError("expected postgresql://user@host/database, its password in password_file")
        if parts.password is not None:
            raise ValueError("no password in a URL: it is shown and logged. Use password_file for it")
        return url

    @property
    def key_file(self) -> KeyFile | None:
        named = self.master_key_file or self.path.with_name(f"{self.path.name}.key")
        return None if self.plain_keys else KeyFile(named)

    @property
    def where(self) -> Where:
        return Postgres(self.url, self.password_file) if self.url else self.path


class HttpConfig(Section):
    bind: Bind = Field(default=Address("127.0.0.1", 8080), description="IP address and port of page and API")
    tls_cert_file: File | None = Field(
        default=None, description="a path: the certificate of page and API, with those that lead to its root"
    )
    tls_key_file: File | None = Field(
        default=None, validate_default=True, description="a path: the key of tls_cert_file"
    )
    behind_proxy: bool = Field(
        default=False,
        validate_default=True,
        description="true or false: a reverse proxy with TLS stands before it; "
        "beyond loopback it needs that or tls_cert_file",
    )
    open_on_loopback: bool = Field(
        default=False,
        description="true or false: whoever is on this machine may change everything without a token",
    )

    @field_validator("tls_key_file")
    @classmethod
    def _certificate_and_key(cls, key_file: Path | None, info: ValidationInfo) -> Path | None:
        if "tls_cert_file" in info.data and (key_file is None) != (info.data["tls_cert_file"] is None):
            raise ValueError("tls_cert_file and tls_key_file belong together: name both or none")
        return key_file

    @field_validator("behind_proxy")
    @classmethod
    def _tls_beyond_loopback(cls, behind_proxy: bool, info: ValidationInfo) -> bool:
        bind = info.data.get("bind")
        if bind and not bind.is_loopback and not behind_proxy and not info.data.get("tls_cert_file"):
            raise ValueError(
                f"{bind} is reachable from other machines: name tls_cert_file and tls_key_file, "
                "or put a reverse proxy with TLS before it and set behind_proxy = true, or bind 127.0.0.1"
            )
        return behind_proxy

    @field_validator("open_on_loopback")
    @classmethod
    def _nobody_stands_between(cls, is_open: bool, info: ValidationInfo) -> bool:
        if is_open and info.data.get("behind_proxy"):
            raise ValueError("behind a proxy the whole world comes over loopback: set it to false")
        return is_open

    @property
    def is_tls(self) -> bool:
        return self.tls_cert_file is not None


def _class_by_type(types: dict[str, str]) -> Discriminator:
    """A table without a known type goes to the first class, whose error says which types there are."""

    def class_of(table: object) -> str:
        kind = table.get("type") if isinstance(table, dict) else getattr(table, "type", None)
        default = next(iter(types.values()))
        return types.get(kind, default) if isinstance(kind, str) else default

    return Discriminator(class_of)


# What stands between number and key in the place of an error. No key looks like this.
_UDP, _STATION, _LNS, _MQTT, _INFLUX, _WEBHOOK = (
    "<udp>", "<station>", "<lns>", "<mqtt>", "<influx>", "<webhook>",
)  # fmt: skip
_SOURCE_TYPES = {
    "semtech_udp": _UDP,
    "basics_station": _STATION,
    "chirpstack": _LNS,
    "chirpstack_v3": _LNS,
    "tts": _LNS,
}
_SINK_TYPES = {"mqtt": _MQTT, "influx": _INFLUX, "webhook": _WEBHOOK}

AnySourceConfig = Annotated[
    Annotated[SourceConfig, Tag(_UDP)]
    | Annotated[StationConfig, Tag(_STATION)]
    | Annotated[LnsConfig, Tag(_LNS)],
    _class_by_type(_SOURCE_TYPES),
]
AnySinkConfig = Annotated[
    Annotated[MqttSinkConfig, Tag(_MQTT)]
    | Annotated[InfluxConfig, Tag(_INFLUX)]
    | Annotated[WebhookConfig, Tag(_WEBHOOK)],
    _class_by_type(_SINK_TYPES),
]


class Config(Section):
    """`http` None, which no file can say, runs without page and API."""

    store: StoreConfig = Field(default=StoreConfig(), description="a table [store]")
    http: HttpConfig | None = Field(default=HttpConfig(), description="a table [http]")
    network: NetworkConfig = Field(default=NetworkConfig(), description="a table [network]")
    alarms: AlarmsConfig = Field(default=AlarmsConfig(), description="a table [alarms]")
    source: tuple[AnySourceConfig, ...] = Field(
        default=(SourceConfig(),), min_length=1, strict=False, description="one or more tables [[source]]"
    )
    log: LogConfig = Field(default=LogConfig(), description="a table [log]")
    page: PageConfig = Field(default=PageConfig(), description="a table [page]")
    backup: BackupConfig = Field(default=BackupConfig(), description="a table [backup]")
    retention: RetentionConfig = Field(default=RetentionConfig(), description="a table [retention]")
    sink: tuple[AnySinkConfig, ...] = Field(
        default=(), strict=False, description="none or more tables [[sink]]"
    )

    @field_validator("sink")
    @classmethod
    def _names_differ(
        cls, sinks: tuple[AnySinkConfig, ...], info: ValidationInfo
    ) -> tuple[AnySinkConfig, ...]:
        """What a sink is owed, and what a broker keeps for a source, is kept by name."""
        sources = (source for source in info.data.get("source", ()) if isinstance(source, LnsConfig))
        named = [each.name for each in (*sources, *sinks)]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice:
            raise ValueError(f"{twice} is the name of two tables: give each [[source]] and [[sink]] its own")
        return sinks


_TABLES: dict[str, type[Section]] = {
    "store": StoreConfig,
    "http": HttpConfig,
    "network": NetworkConfig,
    "backup": BackupConfig,
    "alarms": AlarmsConfig,
    "page": PageConfig,
    "log": LogConfig,
    "retention": RetentionConfig,
}
_CLASSES: dict[str | int, type[Section]] = {
    _UDP: SourceConfig,
    _STATION: StationConfig,
    _LNS: LnsConfig,
    _MQTT: MqttSinkConfig,
    _INFLUX: InfluxConfig,
    _WEBHOOK: WebhookConfig,
}


def load(file: Path) -> Config:
    """The configuration in `file`, its relative paths made relative to it."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
        config = Config.model_validate(tables, context={"folder": file.parent})
    except OSError as error:
        raise ConfigError(said("refusal.noConfig", file=str(file), error=error.strerror or "")) from None
    except ValidationError as error:
        raise ConfigError("\n".join(complaints.lines(file, error, _expected, _CLASSES))) from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError
        raise ConfigError(said("refusal.notToml", file=str(file), error=str(error))) from None
    key = config.store.master_key_file
    paths = {"path": file.parent / config.store.path, "master_key_file": key and file.parent / key}
    store = config.store.model_copy(update=paths)
    return config.model_copy(update={"store": store})


def to_toml(config: Config, commented: bool = False) -> str:
    """The configuration as a TOML file, with a comment on each key if wanted."""
    lines = []
    for name, content in config:
        tables = content if isinstance(content, tuple) else (content,)
        for table in filter(None, tables):
            lines += ["", f"[[{name}]]" if content is tables else f"[{name}]"]
            for key, value in table.model_dump(mode="json", exclude_none=True).items():
                if commented:
                    lines.append(f"# {type(table).model_fields[key].description}")
                lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join([*lines[1:], ""])


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    section: type[Section] = Config
    description = ""
    for part in (part for part in error["loc"] if isinstance(part, str)):
        if part in _CLASSES:
            section = _CLASSES[part]
            continue
        if part not in section.model_fields:
            return f"unknown key, expected one of {', '.join(section.model_fields)}"
        description = section.model_fields[part].description or ""
        section = _TABLES.get(part, section)
    return f"expected {description}"
