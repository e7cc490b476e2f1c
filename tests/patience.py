"""How long a test waits for what must come. Only a failure reaches it, so a busy machine may take its time."""

PATIENCE_SECONDS = 120.0
