"""Faults are counted exactly, kept in a bounded sample, and safe to show."""

from interlock.market.recordings.fault_tally import SAMPLES_MAX, FaultTally, shown


def test_foreign_text_cannot_reach_a_terminal_as_control_codes() -> None:
    assert shown(b"\x1b[31mred\x00\xff\n") == r"\x1b[31mred\x00\xff\n"
    assert shown("\x9b2J\u202e") == r"\x9b2J\u202e"
    assert len(shown("\x1b" * 1_000)) == 60


def test_merging_adds_counts_exactly_and_keeps_the_first_samples() -> None:
    first, second = FaultTally(), FaultTally()
    for number in range(SAMPLES_MAX - 1):
        first.add("zero", "a", number, "is zero")
    for number in range(SAMPLES_MAX + 50):
        second.add("negative", "b", number, "is negative")
    first.merge(second.counts, second.samples)
    assert first.counts == {"negative": SAMPLES_MAX + 50, "zero": SAMPLES_MAX - 1}
    assert len(first.samples) == SAMPLES_MAX
    assert (first.samples[-1].file, first.samples[-1].line) == ("b", 0)
