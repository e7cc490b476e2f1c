"""The properties that are proven or refuted at every place of a walk."""
