"""What the network stands on: clocks, programs that wait, HTTP to apps, signatures, and the parser of TwiML."""
