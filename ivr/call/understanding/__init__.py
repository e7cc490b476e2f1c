"""What a caller wants, from recognised words: learnt from sentences that an author writes beside the flows.

Nothing leaves this machine: `pieces` cuts words into pieces, `classifier` learns which pieces speak for which wish,
`languages.hearing` keeps the part of a sentence that counts, and `wishes` decides: one wish, a question back, or none.
"""
