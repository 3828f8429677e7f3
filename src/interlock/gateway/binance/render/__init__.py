"""What is answered: rows and market data as the JSON bytes of Binance."""
