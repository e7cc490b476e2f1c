"""Webhooks: HTTP and TwiML. Nothing about what a call says."""
