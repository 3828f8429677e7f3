"""Binance: what it lets be traded and under which filters."""
