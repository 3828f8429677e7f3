"""The book of record of the paper exchange on disk: orders, trades, income and balances, written turn by turn."""
