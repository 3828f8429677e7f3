"""The paper exchange as a process: what it is made of, its keys, and how it is spoken to from outside."""
