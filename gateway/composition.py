"""The commands of all rooms."""

from gateway import device_commands, outbox_commands, redecode, site_commands
from gateway.access import sessions, tokens
from gateway.alarms import commands as alarm_commands
from gateway.network import commands as downlink_commands

COMMANDS = (
    *alarm_commands.COMMANDS,
    *device_commands.COMMANDS,
    *outbox_commands.COMMANDS,
    *redecode.COMMANDS,
    *downlink_commands.COMMANDS,
    *site_commands.COMMANDS,
    *sessions.COMMANDS,
    *tokens.COMMANDS,
)
