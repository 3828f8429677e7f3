"""Binance's bytes into values: pure and total, any bytes give a value or say what is wrong with them."""
