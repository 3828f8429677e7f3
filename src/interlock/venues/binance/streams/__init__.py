"""What Binance tells by itself: market data and an account's events over WebSockets that are kept up."""
