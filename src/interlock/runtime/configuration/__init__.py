"""`policy.toml` and `settings.toml`: read, checked as a whole, every error told at once."""
