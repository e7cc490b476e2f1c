"""The line: HTTP and TwiML, and nothing about what a call says."""
