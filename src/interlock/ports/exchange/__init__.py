"""What a server room asks of the exchange behind it, in Binance's own terms: the paper venue, or the gate for bots."""
