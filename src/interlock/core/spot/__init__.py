"""Spot positions: coins are sold by one order at most, and never more of them than are held."""
