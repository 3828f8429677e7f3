"""Orders and positions: life cycle, fills, profit."""
