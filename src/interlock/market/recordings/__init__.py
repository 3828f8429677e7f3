"""Recorded market data read from files into columns: every tick by file and line, every fault counted and named."""
