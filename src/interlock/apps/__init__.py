"""The processes and the command line: wiring, and the only place that writes what people read."""
