"""The front for bots: a server room, and Binance's wire protocol in it, over whatever exchange stands behind."""
