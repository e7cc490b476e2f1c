"""The configuration of a hotline: `config.yaml` read into a frozen `Config`, with places and hints as in flows."""

from ivr.config.load import Config, config_schema, load_config, read_config
from ivr.config.redact import veiled
from ivr.config.settings import Agent, Queue, Settings, Voice

__all__ = ["Agent", "Config", "Queue", "Settings", "Voice", "config_schema", "load_config", "read_config", "veiled"]
