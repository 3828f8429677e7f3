"""The REST endpoints by topic: what each reads, does and answers."""
