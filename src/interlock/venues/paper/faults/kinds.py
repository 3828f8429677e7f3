"""Every kind of fault that can be asked for: what it does, and what can be set about it."""

from enum import Enum
from types import MappingProxyType
from typing import Final

from msgspec import Struct


class Kind(Enum):
    """The kinds of fault, by the name under which a person asks for them."""

    DELAY = "delay"
    DROP = "drop"
    RESET = "reset"
    STATUS_500 = "status-500"
    STATUS_502 = "status-502"
    STATUS_503 = "status-503"
    UNAVAILABLE = "unavailable"
    CODE_1006 = "code-1006"
    CODE_1007 = "code-1007"
    CODE_1008 = "code-1008"
    CODE_1021 = "code-1021"
    HALF_BODY = "half-body"
    GARBLED_BODY = "garbled-body"
    SLOW_LORIS = "slow-loris"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    LOSE = "lose"
    SILENCE = "silence"
    DISCONNECT = "disconnect"
    CLOCK_OFFSET = "clock-offset"
    LISTEN_KEY_EXPIRY = "listen-key-expiry"
    FILTERS_CHANGED = "filters-changed"
    MAINTENANCE = "maintenance"
    BAN = "ban"


class Target(Enum):
    """What a kind of fault befalls: the answer to a call, a message pushed on a stream, or the exchange itself.

    Streams are chosen by their names (`btcusdt@depth`); the events of accounts are the stream `user`.
    """

    ANSWER = "answer"
    STREAM = "stream"
    EXCHANGE = "exchange"


class When(Enum):
    """Whether a fault comes before the request had its effect, so that it has none, or after."""

    BEFORE = "before"
    AFTER = "after"


class KindTerms(Struct, frozen=True, kw_only=True):
    """What a kind does, and what can be set about it.

    `whens` are the moments it can come at, the first by default; empty for what befalls no request. `parameters` are
    the fields of an injection that it reads, with their defaults. `count` is how often it strikes and `duration_ms` how
    long it may, where the injection does not say; None is without bound.
    """

    target: Target
    what: str
    whens: tuple[When, ...] = ()
    parameters: MappingProxyType[str, int | str]
    count: int | None = 1
    duration_ms: int | None = None


def _terms(
    target: Target,
    what: str,
    *whens: When,
    count: int | None = 1,
    duration_ms: int | None = None,
    **parameters: int | str,
) -> KindTerms:
    return KindTerms(
        target=target,
        what=what,
        whens=whens,
        parameters=MappingProxyType(parameters),
        count=count,
        duration_ms=duration_ms,
    )


_EITHER = (When.AFTER, When.BEFORE)
_MINUTE_MS = 60_000

KINDS: Final = MappingProxyType(
    {
        Kind.DELAY: _terms(
            Target.ANSWER,
            "The answer comes `delay_ms` late; before the effect, the request itself is held back so long.",
            *_EITHER,
            delay_ms=1_000,
        ),
        Kind.DROP: _terms(
            Target.ANSWER, "No answer ever comes; the connection stays open and is silent about this request.", *_EITHER
        ),
        Kind.RESET: _terms(Target.ANSWER, "The connection is reset instead of an answer.", *_EITHER),
        Kind.STATUS_500: _terms(
            Target.ANSWER, "HTTP 500 with -1000: whether the request was carried out is not told.", *_EITHER
        ),
        Kind.STATUS_502: _terms(
            Target.ANSWER, "HTTP 502 with an HTML page: whether the request was carried out is not told.", *_EITHER
        ),
        Kind.STATUS_503: _terms(
            Target.ANSWER,
            'HTTP 503 "Unknown error, please check your request or try again later.": the outcome is unknown.',
            *_EITHER,
        ),
        Kind.UNAVAILABLE: _terms(
            Target.ANSWER, 'HTTP 503 "Service Unavailable.": the request failed for certain.', When.BEFORE
        ),
        Kind.CODE_1006: _terms(
            Target.ANSWER, "-1006, an unexpected response of the message bus: the outcome is unknown.", *_EITHER
        ),
        Kind.CODE_1007: _terms(
            Target.ANSWER, "-1007, no response of the backend in time: the outcome is unknown.", *_EITHER
        ),
        Kind.CODE_1008: _terms(
            Target.ANSWER, "HTTP 503 with -1008, the system is overloaded: the request failed for certain.", When.BEFORE
        ),
        Kind.CODE_1021: _terms(
            Target.ANSWER, "-1021, the timestamp is outside of recvWindow: the request is refused.", When.BEFORE
        ),
        Kind.HALF_BODY: _terms(
            Target.ANSWER, "The connection ends after `cut_bytes` bytes of the body.", When.AFTER, cut_bytes=20
        ),
        Kind.GARBLED_BODY: _terms(Target.ANSWER, "The bytes of the body are damaged.", When.AFTER),
        Kind.SLOW_LORIS: _terms(
            Target.ANSWER, "The answer trickles out at `bytes_per_s` bytes a second.", When.AFTER, bytes_per_s=10
        ),
        Kind.DUPLICATE: _terms(
            Target.STREAM, "A message of a stream (`btcusdt@depth`; `user` for account events) is sent twice."
        ),
        Kind.REORDER: _terms(
            Target.STREAM,
            "A message of a stream is sent `delay_ms` later, so that those after it overtake it.",
            delay_ms=500,
        ),
        Kind.LOSE: _terms(Target.STREAM, "A message of a stream is not sent."),
        Kind.SILENCE: _terms(
            Target.STREAM,
            "Nothing is sent on a stream while it lasts; the connection stays open.",
            count=None,
            duration_ms=30_000,
        ),
        Kind.DISCONNECT: _terms(
            Target.STREAM,
            "The WebSockets that carry a stream of that name are reset, once and at once; a client may come back.",
        ),
        Kind.CLOCK_OFFSET: _terms(
            Target.EXCHANGE,
            "The exchange's clock is ahead by `offset_ms` (behind, below zero) while it lasts.",
            count=None,
            duration_ms=_MINUTE_MS,
            offset_ms=5_000,
        ),
        Kind.LISTEN_KEY_EXPIRY: _terms(
            Target.EXCHANGE, "The listen keys of the account, or of all, end now, as after an hour without a sign."
        ),
        Kind.FILTERS_CHANGED: _terms(
            Target.EXCHANGE,
            "Price tick and lot step of `symbol` (of all, when empty) become `step_factor` times as coarse, until a "
            "restart.",
            symbol="",
            step_factor=10,
        ),
        Kind.MAINTENANCE: _terms(
            Target.EXCHANGE,
            'Every call is answered HTTP 503 "System is under maintenance." while it lasts; '
            "open WebSockets are reset, new ones are refused.",
            count=None,
            duration_ms=_MINUTE_MS,
        ),
        Kind.BAN: _terms(
            Target.EXCHANGE,
            "Every call is answered HTTP 418 with -1003 and Retry-After while it lasts; "
            "open WebSockets are reset, new ones are refused.",
            count=None,
            duration_ms=_MINUTE_MS,
        ),
    }
)
"""All kinds. What a person reads about them (`interlock venue fault`, the docs) is made from this table."""
