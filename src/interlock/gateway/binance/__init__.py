"""Binance's own protocols, spot and USD-margined futures, over the port of an exchange."""
