"""Lines: a call's legs, what is heard and said on them, and what is kept of them."""
