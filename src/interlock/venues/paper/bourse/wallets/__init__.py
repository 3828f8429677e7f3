"""What accounts own at the paper exchange: spot assets, and a futures balance with its positions and margins."""
