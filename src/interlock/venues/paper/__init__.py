"""The paper exchange: matching, fees, margin and latency on virtual time, with a book of record of its own."""
