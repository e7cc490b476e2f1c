"""Exploring a hotline without a script: every place a call can come to, and what holds there."""
