"""The explorer: a search through every state that a call can come to, and what is true there."""
