"""What carries the core along in a process: the gate's loop, what program this is, and its configuration."""
