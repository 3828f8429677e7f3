"""The pure core: state, the rules that decide, and the fold. No clock, no chance, no I/O, no float in money."""
