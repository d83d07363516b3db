"""What all tables of the configuration have in common."""

from pydantic import BaseModel, ConfigDict

from gateway.model import GatewayError


class ConfigError(GatewayError):
    """The configuration is refused; the text names file, key and what is expected."""


class Section(BaseModel):
    """Each field's description is both the comment of `config init` and what an error says is expected."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
