"""The market that a paper exchange shows: a feed played onto the present, and what its clients see of it."""
