"""The back office that handlers ask: a protocol, a demo wallet, and one reached over HTTP."""
