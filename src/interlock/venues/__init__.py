"""The venues orders go to: the paper exchange, and Binance."""
