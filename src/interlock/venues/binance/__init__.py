"""Binance as a client sees it: its filters, its words, and the wire that orders leave by."""
