"""The properties that are proven or refuted."""
