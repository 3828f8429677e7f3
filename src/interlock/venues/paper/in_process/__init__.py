"""The exchange's spot hall in this process, on virtual time: what a backtest of spot trades at."""
