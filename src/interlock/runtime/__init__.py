"""What carries the core along in a process: for now, reading its configuration."""
