"""The REST side of the network: what an app asks of the carrier over HTTP."""
