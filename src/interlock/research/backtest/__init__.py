"""Backtests: strategies, gate, matching, exits and log on virtual time."""
