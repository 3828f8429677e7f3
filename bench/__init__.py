"""Benches: speed beside peers and limits, as ratios of one run. They judge nothing; `make bench` shows them."""
