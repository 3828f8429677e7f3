"""Money, time, ids, sides, instruments, digests: the words everything else is written in."""
