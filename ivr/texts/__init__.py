"""Texts that people read on pages, kept as YAML beside the code that shows them."""
