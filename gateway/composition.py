"""The commands of all rooms."""

from gateway import device_commands, outbox_commands
from gateway.access import sessions, tokens

COMMANDS = (
    *device_commands.COMMANDS,
    *outbox_commands.COMMANDS,
    *sessions.COMMANDS,
    *tokens.COMMANDS,
)
