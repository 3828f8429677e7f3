"""Faults on purpose: each kind does what its table says, to the calls meant, as often and as long as asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from interlock.ports.exchange.interference import Call, Disturbance
from interlock.ports.exchange.words import Market
from interlock.units.faults import Fault
from interlock.venues.paper.faults.chance import PROFILES, Profile, SeededFaults
from interlock.venues.paper.faults.injections import Injection, InjectionRefused
from interlock.venues.paper.faults.kinds import KINDS, Kind, Target, When
from interlock.venues.paper.faults.paper_faults import Levers, PaperFaults

PLACE = Call(Market.USDM, "POST /fapi/v1/order", "alice", False)
READ = Call(Market.SPOT, "GET /api/v3/account", "bob", False)


class Exchange:
    """What the levers of an exchange were moved to."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.shift_ms = 0
        self.expired: list[tuple[Market | None, str | None]] = []
        self.relisted: list[tuple[Market | None, str, int]] = []
        self.disconnected: list[tuple[Market | None, str | None]] = []
        self.timers: list[tuple[int, Callable[[], None]]] = []

    def pass_ms(self, ms: int) -> None:
        self.now_ms += ms
        due = [act for at_ms, act in self.timers if at_ms <= self.now_ms]
        self.timers = [timer for timer in self.timers if timer[0] > self.now_ms]
        for act in due:
            act()

    def shift(self, offset_ms: int) -> None:
        self.shift_ms = offset_ms

    def levers(self) -> Levers:
        return Levers(
            later=lambda ms, act: self.timers.append((self.now_ms + ms, act)),
            shift_clock=self.shift,
            expire_listen_keys=lambda market, account: self.expired.append((market, account)),
            relist=lambda market, symbol, factor: self.relisted.append((market, symbol, factor)),
            disconnect=lambda market, pattern: self.disconnected.append((market, pattern)),
        )


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def faults(exchange: Exchange) -> PaperFaults:
    return PaperFaults(lambda: exchange.now_ms, exchange.levers())


def inject(faults: PaperFaults, kind: Kind, **fields: Any) -> None:
    faults.inject(Injection(kind=kind, **fields))


def struck(faults: PaperFaults, call: Call = PLACE) -> Disturbance:
    disturbance = faults.on_call(call)
    assert disturbance is not None
    return disturbance


def test_without_a_fault_nothing_happens(faults: PaperFaults) -> None:
    assert faults.on_call(PLACE) is None
    assert faults.on_push(Market.SPOT, "user", b"x") == ((0, b"x"),)
    assert faults.list() == ()


def test_delay_comes_before_or_after_the_effect(faults: PaperFaults) -> None:
    inject(faults, Kind.DELAY, delay_ms=70)
    inject(faults, Kind.DELAY, delay_ms=80, when=When.BEFORE)
    assert struck(faults) == Disturbance(delay_ms=70)
    assert struck(faults) == Disturbance(hold_ms=80)
    assert faults.on_call(PLACE) is None


@pytest.mark.parametrize(("kind", "fields"), [(Kind.DROP, {"is_dropped": True}), (Kind.RESET, {"is_reset": True})])
def test_drop_and_reset_leave_the_request_done_or_not_done(
    faults: PaperFaults, kind: Kind, fields: dict[str, Any]
) -> None:
    inject(faults, kind)
    inject(faults, kind, when=When.BEFORE)
    assert struck(faults) == Disturbance(**fields)
    assert struck(faults) == Disturbance(has_effect=False, **fields)


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        (Kind.STATUS_500, 500, '{"code":-1000,"msg":"An unknown error occurred while processing the request."}'),
        (Kind.STATUS_502, 502, "502 Bad Gateway"),
        (
            Kind.STATUS_503,
            503,
            '{"timestamp":1000000,"path":"/fapi/v1/order",'
            '"msg":"Unknown error, please check your request or try again later."}',
        ),
        (
            Kind.CODE_1006,
            500,
            '{"code":-1006,"msg":"An unexpected response was received from the message bus. '
            'Execution status unknown."}',
        ),
        (
            Kind.CODE_1007,
            408,
            '{"code":-1007,"msg":"Timeout waiting for response from backend server. Send status unknown; '
            'execution status unknown."}',
        ),
    ],
)
def test_an_unknown_outcome_is_told_whether_it_was_done_or_not(
    faults: PaperFaults, kind: Kind, status: int, text: str
) -> None:
    inject(faults, kind)
    inject(faults, kind, when=When.BEFORE)
    for has_effect in (True, False):
        told = struck(faults)
        assert (told.has_effect, told.status) == (has_effect, status)
        assert told.body is not None
        assert text in told.body.decode()


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        (Kind.UNAVAILABLE, 503, "Service Unavailable."),
        (Kind.CODE_1008, 503, "Reduce-only/close-position orders are exempt."),
        (Kind.CODE_1021, 400, '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}'),
    ],
)
def test_a_certain_failure_never_has_an_effect(faults: PaperFaults, kind: Kind, status: int, text: str) -> None:
    inject(faults, kind)
    told = struck(faults)
    assert (told.has_effect, told.status) == (False, status)
    assert told.body is not None
    assert text in told.body.decode()
    with pytest.raises(InjectionRefused, match="does not come after"):
        inject(faults, kind, when=When.AFTER)


def test_damaged_answers_belong_to_requests_that_were_done(faults: PaperFaults) -> None:
    inject(faults, Kind.HALF_BODY, cut_bytes=7)
    inject(faults, Kind.GARBLED_BODY)
    inject(faults, Kind.SLOW_LORIS)
    assert [struck(faults) for _ in range(3)] == [
        Disturbance(cut_bytes=7),
        Disturbance(is_garbled=True),
        Disturbance(bytes_per_s=10),
    ]


def test_streams_duplicate_reorder_and_lose(faults: PaperFaults) -> None:
    for kind in (Kind.DUPLICATE, Kind.REORDER, Kind.LOSE):
        inject(faults, kind, calls="btcusdt@*")
    assert faults.on_push(Market.SPOT, "user", b"x") == ((0, b"x"),)
    assert faults.on_push(Market.SPOT, "btcusdt@depth", b"a") == ((0, b"a"), (0, b"a"))
    assert faults.on_push(Market.SPOT, "btcusdt@depth", b"b") == ((500, b"b"),)
    assert faults.on_push(Market.SPOT, "btcusdt@depth", b"c") == ()
    assert faults.on_push(Market.SPOT, "btcusdt@depth", b"d") == ((0, b"d"),)


def test_silence_lasts_its_time_on_the_streams_meant(faults: PaperFaults, exchange: Exchange) -> None:
    inject(faults, Kind.SILENCE, market=Market.USDM, duration_ms=100)
    for _ in range(5):
        assert faults.on_push(Market.USDM, "user", b"x") == ()
    assert faults.on_push(Market.SPOT, "user", b"x") == ((0, b"x"),)
    exchange.pass_ms(100)
    assert faults.on_push(Market.USDM, "user", b"x") == ((0, b"x"),)
    assert faults.list() == ()


def test_a_clock_offset_ends_by_itself_and_offsets_add_up(faults: PaperFaults, exchange: Exchange) -> None:
    inject(faults, Kind.CLOCK_OFFSET, offset_ms=-300, duration_ms=50)
    inject(faults, Kind.CLOCK_OFFSET, offset_ms=1_000, duration_ms=90)
    assert exchange.shift_ms == 700
    assert faults.on_call(PLACE) is None
    exchange.pass_ms(50)
    assert exchange.shift_ms == 1_000
    faults.clear()
    assert exchange.shift_ms == 0


def test_listen_keys_and_filters_change_at_once(faults: PaperFaults, exchange: Exchange) -> None:
    inject(faults, Kind.LISTEN_KEY_EXPIRY, account="alice")
    inject(faults, Kind.FILTERS_CHANGED, market=Market.SPOT, symbol="BTCUSDT", step_factor=100)
    assert exchange.expired == [(None, "alice")]
    assert exchange.relisted == [(Market.SPOT, "BTCUSDT", 100)]
    assert faults.list() == ()


def test_maintenance_refuses_every_call_and_silences_the_streams(faults: PaperFaults, exchange: Exchange) -> None:
    inject(faults, Kind.MAINTENANCE, market=Market.SPOT, duration_ms=100)
    told = struck(faults, READ)
    assert (told.has_effect, told.status, told.body) == (False, 503, b'{"code":1,"msg":"System is under maintenance."}')
    status = struck(faults, Call(Market.SPOT, "GET /sapi/v1/system/status", None, False))
    assert (status.status, status.body) == (200, b'{"status":1,"msg":"system_maintenance"}')
    assert faults.on_push(Market.SPOT, "user", b"x") == ()
    assert faults.on_call(PLACE) is None
    exchange.pass_ms(100)
    assert faults.on_call(READ) is None


def test_a_ban_says_until_when(faults: PaperFaults) -> None:
    inject(faults, Kind.BAN, duration_ms=1_500, account="bob")
    assert faults.on_call(PLACE) is None
    for _ in range(2):
        told = struck(faults, READ)
        assert (told.has_effect, told.status, told.headers) == (False, 418, (("Retry-After", "2"),))
        assert told.body is not None
        assert "IP banned until 1001500." in msgspec.json.decode(told.body)["msg"]


def test_a_fault_strikes_only_the_calls_meant_and_only_so_often(faults: PaperFaults) -> None:
    inject(faults, Kind.DROP, calls="POST *", market=Market.USDM, account="alice", count=2)
    others = [
        READ,
        Call(Market.SPOT, "POST /api/v3/order", "alice", False),
        Call(Market.USDM, "DELETE /fapi/v1/order", "alice", False),
        Call(Market.USDM, "POST /fapi/v1/order", "bob", False),
    ]
    assert [faults.on_call(call) for call in others] == [None] * 4
    assert struck(faults).is_dropped
    assert [(each.struck, each.left) for each in faults.list()] == [(1, 1)]
    assert struck(faults).is_dropped
    assert faults.on_call(PLACE) is None
    inject(faults, Kind.DROP, count=0)
    assert all(struck(faults).is_dropped for _ in range(50))


def test_the_oldest_fault_strikes_first_and_one_can_be_cleared_by_its_number(faults: PaperFaults) -> None:
    inject(faults, Kind.RESET, count=0)
    inject(faults, Kind.DROP, count=0)
    assert struck(faults).is_reset
    assert faults.clear(1) == 1
    assert struck(faults).is_dropped
    assert (faults.clear(), faults.clear()) == (1, 0)
    assert faults.on_call(PLACE) is None


@pytest.mark.parametrize(
    ("injection", "why"),
    [
        (Injection(kind=Kind.DROP, delay_ms=5), "drop has no delay_ms"),
        (Injection(kind=Kind.DELAY, delay_ms=-1), "delay_ms -1 is below 0"),
        (Injection(kind=Kind.HALF_BODY, when=When.BEFORE), "does not come before"),
        (Injection(kind=Kind.LOSE, when=When.BEFORE), "does not come before"),
        (Injection(kind=Kind.LOSE, account="alice"), "not told apart by account"),
        (Injection(kind=Kind.CLOCK_OFFSET, account="alice"), "the whole exchange"),
        (Injection(kind=Kind.FILTERS_CHANGED, count=3), "happens once and at once"),
        (Injection(kind=Kind.SILENCE, duration_ms=0), "duration_ms 0 is below 1"),
    ],
)
def test_what_a_kind_does_not_know_is_refused_and_not_injected(
    faults: PaperFaults, injection: Injection, why: str
) -> None:
    with pytest.raises(InjectionRefused, match=why):
        faults.inject(injection)
    assert faults.list() == ()


def test_every_kind_is_described_and_can_be_injected_as_it_is(faults: PaperFaults) -> None:
    assert set(KINDS) == set(Kind)
    for kind, terms in KINDS.items():
        assert terms.what.endswith(".")
        assert all(f"`{name}`" in terms.what for name in terms.parameters), kind
        assert (terms.target is Target.ANSWER) == bool(terms.whens)
        inject(faults, kind)
        faults.on_call(PLACE)
        faults.on_push(Market.SPOT, "user", b"x")
        faults.clear()


def seeded(exchange: Exchange, seed: int, rates: dict[Kind, int]) -> PaperFaults:
    return PaperFaults(lambda: exchange.now_ms, exchange.levers(), SeededFaults(seed, Profile(rates)))


def test_a_seed_strikes_the_same_calls_whatever_the_streams_do(exchange: Exchange) -> None:
    rates = {Kind.DROP: 100_000, Kind.STATUS_503: 100_000, Kind.LOSE: 300_000}
    first, second = seeded(exchange, 7, rates), seeded(exchange, 7, rates)
    other = seeded(exchange, 8, rates)
    calls = []
    for _ in range(300):
        second.on_push(Market.SPOT, "user", b"x")
        calls.append((first.on_call(PLACE), second.on_call(PLACE), other.on_call(PLACE)))
    assert [each for each, _, _ in calls] == [each for _, each, _ in calls]
    assert [each for each, _, _ in calls] != [each for _, _, each in calls]
    hits = [each for each, _, _ in calls if each is not None]
    assert 30 < len(hits) < 90
    assert {each.is_dropped for each in hits} == {True, False}
    assert {each.has_effect for each in hits} == {True, False}


def test_a_seed_reaches_streams_and_the_exchange_itself_and_can_be_stilled(exchange: Exchange) -> None:
    faults = seeded(exchange, 1, {Kind.LOSE: 500_000, Kind.LISTEN_KEY_EXPIRY: 500_000})
    pushed = [faults.on_push(Market.SPOT, "user", b"x") for _ in range(100)]
    assert 20 < pushed.count(()) < 80
    for _ in range(50):
        assert faults.on_call(READ) is None
    assert 10 < len(exchange.expired) < 40
    faults.still()
    assert faults.on_push(Market.SPOT, "user", b"x") == ((0, b"x"),)


def test_impossible_rates_are_refused() -> None:
    for rates in ({Kind.DROP: 600_000, Kind.RESET: 600_000}, {Kind.DROP: -1}):
        with pytest.raises(Fault, match="in a million"):
            SeededFaults(1, Profile(rates))
    for profile in PROFILES.values():
        SeededFaults(1, profile)


# --- Connections ---------------------------------------------------------------------------------------------------


def test_disconnect_resets_the_connections_of_a_stream_once_and_at_once(
    faults: PaperFaults, exchange: Exchange
) -> None:
    inject(faults, Kind.DISCONNECT, calls="btcusdt@*", market=Market.USDM)
    inject(faults, Kind.DISCONNECT, calls="user")
    assert exchange.disconnected == [(Market.USDM, "btcusdt@*"), (None, "user")]
    assert faults.list() == ()
    assert faults.on_push(Market.USDM, "btcusdt@depth", b"x") == ((0, b"x"),)
    for fields in ({"count": 2}, {"duration_ms": 5}, {"account": "alice"}):
        with pytest.raises(InjectionRefused):
            inject(faults, Kind.DISCONNECT, **fields)


def test_a_seed_disconnects_who_hears_the_stream_it_struck(exchange: Exchange) -> None:
    seeded = SeededFaults(1, Profile({Kind.DISCONNECT: 1_000_000}))
    faults = PaperFaults(lambda: exchange.now_ms, exchange.levers(), seeded)
    assert faults.on_push(Market.SPOT, "btcusdt@trade", b"x") == ()
    assert exchange.disconnected == [], "whoever is just being told is still there"
    exchange.pass_ms(0)
    assert exchange.disconnected == [(Market.SPOT, "btcusdt@trade")]


@pytest.mark.parametrize("calls", ["btcusdt@depth", "!ticker@arr", "*@kline_1m", "user"])
@pytest.mark.parametrize("kind", [Kind.RESET, Kind.DROP, Kind.MAINTENANCE])
def test_what_strikes_calls_refuses_the_name_of_a_stream(faults: PaperFaults, kind: Kind, calls: str) -> None:
    with pytest.raises(InjectionRefused, match="is the name of a stream"):
        inject(faults, kind, calls=calls)
    inject(faults, kind, calls="userDataStream.*")


@pytest.mark.parametrize(("kind", "status"), [(Kind.MAINTENANCE, 503), (Kind.BAN, 418)])
def test_maintenance_and_a_ban_end_open_sockets_and_let_no_new_one_in(
    faults: PaperFaults, exchange: Exchange, kind: Kind, status: int
) -> None:
    assert faults.on_open(Market.USDM) is None
    inject(faults, kind, market=Market.USDM, duration_ms=9_000)
    assert exchange.disconnected == [(Market.USDM, None)]
    refusal = faults.on_open(Market.USDM)
    assert refusal is not None and (refusal.status, refusal.has_effect) == (status, False)
    assert faults.on_open(Market.SPOT) is None
    exchange.pass_ms(9_000)
    assert faults.on_open(Market.USDM) is None


def test_a_ban_of_one_account_or_of_some_calls_leaves_the_sockets_alone(
    faults: PaperFaults, exchange: Exchange
) -> None:
    inject(faults, Kind.BAN, account="alice")
    inject(faults, Kind.BAN, calls="POST *")
    assert (exchange.disconnected, faults.on_open(Market.SPOT)) == ([], None)


# --- The page ------------------------------------------------------------------------------------------------------


def _moments(whens: tuple[When, ...]) -> str:
    return ", ".join(when.value for when in whens) or "-"


def test_the_page_tells_of_every_kind_what_the_table_says() -> None:
    page = (Path(__file__).resolve().parents[5] / "docs" / "reference" / "venues.md").read_text()
    told = [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 5]
    assert told == [
        f"| `{kind.value}` | {terms.target.value} | {_moments(terms.whens)} | {terms.what} |"
        for kind, terms in KINDS.items()
    ]
