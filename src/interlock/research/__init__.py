"""Backtests, views checked against raw ticks, and what is learnt from runs."""
