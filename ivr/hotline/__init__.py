"""The desk: where a call meets the world. Knows stores, wallets and clocks; no HTTP."""
