"""What the hotline costs, beside what the same server costs without it: `python -m bench` (`make bench`)."""
