"""What a server allows its clients. Nothing is without a bound."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """The bounds of one listener. Each is met by a refusal or a close that says why, where the client still listens.

    `idle_ms_max` is between requests, `head_ms_max` and `body_ms_max` from the first byte of each to its last,
    `stall_ms_max` while a client takes no bytes of an answer, `linger_ms_max` for one that still sends when it is
    refused, `dropped_ms_max` for a connection that gets no answer on purpose, `close_ms_max` for answers in flight when
    the listener closes. WebSockets: a ping every `ping_every_ms`, closed when one has no pong within `pong_ms_max`;
    `farewell_ms_max` is how long the other side may take to close in its turn.
    """

    connections_max: int = 2_000
    in_flight_max: int = 64  # requests of one connection that wait for their answers
    head_bytes_max: int = 64 * 1024
    body_bytes_max: int = 1024 * 1024
    idle_ms_max: int = 75_000
    head_ms_max: int = 10_000
    body_ms_max: int = 30_000
    stall_ms_max: int = 30_000
    linger_ms_max: int = 1_000
    dropped_ms_max: int = 600_000
    close_ms_max: int = 5_000
    message_bytes_max: int = 1024 * 1024
    waiting_bytes_max: int = 4 * 1024 * 1024  # sent on one WebSocket and not yet taken
    ping_every_ms: int = 180_000
    pong_ms_max: int = 600_000
    farewell_ms_max: int = 5_000
