"""A phone hotline written as YAML: document, call, desk, line and network (see docs/design.md)."""

__version__ = "0.1.0"
