"""What each TwiML verb does on a line. Importing this folder makes all verbs known to the interpreter."""

from ivr.network.verbs import dialling, gather, queueing, recording, relay, simple

__all__ = ["dialling", "gather", "queueing", "recording", "relay", "simple"]
