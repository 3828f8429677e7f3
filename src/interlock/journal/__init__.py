"""The log on disk: records appended once, read by number, proven unchanged."""
