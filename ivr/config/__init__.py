"""The configuration of a hotline: `config.yaml` read into a frozen `Config`, with places and hints as in flows."""

from ivr.config.load import Config, config_schema, load_config, read_config, redacted
from ivr.config.settings import AgentSettings, QueueSettings, Settings, VoiceSettings

__all__ = [
    "AgentSettings",
    "Config",
    "QueueSettings",
    "Settings",
    "VoiceSettings",
    "config_schema",
    "load_config",
    "read_config",
    "redacted",
]
