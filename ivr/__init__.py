"""A phone hotline written as YAML. docs/design.md says how the code is laid out."""

__version__ = "0.1.0"
