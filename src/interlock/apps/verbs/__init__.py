"""The verbs of the command line, one a file: `add` says what it takes, `run` does it and returns the exit code."""
