"""Below the lines: clocks, HTTP to apps, signatures, and TwiML as a language."""
