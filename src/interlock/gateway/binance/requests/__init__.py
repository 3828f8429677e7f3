"""What is asked: parameters as received, typed into the requests of the port, refused in Binance's words."""
