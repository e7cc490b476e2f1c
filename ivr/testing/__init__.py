"""Testing by call scripts: run them against a hotline, write calls down, make scripts of stored calls."""
