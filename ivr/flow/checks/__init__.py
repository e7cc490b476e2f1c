"""What is wrong with flows that can be read: the rules, and what they ask of a flow set."""
