"""Ids that are pure functions of the log: never drawn by chance, never reused."""

CLIENT_ORDER_ID_LENGTH_MAX = 36


def client_order_id(lease_epoch: int, seq: int, ordinal: int) -> str:
    """Return the id the venue sees for the `ordinal`-th order of record `seq` under a lease epoch.

    At most 36 characters of the venue's alphabet. A log writes each seq once, and an epoch is never held twice, so the
    id is never reused. Errors: AssertionError when it would not fit.
    """
    text = f"il{lease_epoch:x}-{seq:x}-{ordinal:x}"
    assert len(text) <= CLIENT_ORDER_ID_LENGTH_MAX, f"{text} is too long for the venue"
    return text
