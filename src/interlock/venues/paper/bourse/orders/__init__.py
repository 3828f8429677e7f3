"""Orders at the paper exchange: what they may look like, how they wait for a trigger, and how they work."""
