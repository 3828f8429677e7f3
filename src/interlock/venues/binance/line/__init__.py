"""The order line: kept-open connections, and the last look at the latch right before the bytes go to the kernel."""
