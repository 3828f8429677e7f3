"""One line of text for each record, and words for each event."""

from typing import assert_never

from interlock.messages import commands as c
from interlock.messages import events as e
from interlock.messages.events import Event
from interlock.messages.record import Input, Record
from interlock.messages.refusals import RULES
from interlock.units.money import trimmed
from interlock.units.time import utc_text_ms
from interlock.views.amounts import count, printable, usdt
from interlock.views.kinds import kind_of, short
from interlock.views.order_words import order_text, price_mean, signal_text

_ACTOR_WIDTH = 25
_KIND_WIDTH = 16

OfOrder = (
    e.OrderApproved
    | e.OrderFilled
    | e.OrderAcknowledged
    | e.OrderRefused
    | e.RefusalRepeated
    | e.OrderCancelRequested
    | e.OrderCancelled
    | e.OrderExpired
    | e.OrderRejected
    | e.OrderWentUnknown
    | e.CancelRefusedByVenue
    | e.UnownedFillFound
)
OfHolding = e.PositionOpened | e.PositionIncreased | e.PositionReduced | e.PositionClosed | e.MarkTaken
OfSpot = e.ExitDecided | e.ReductionWaits | e.DustKept | e.DustJoined


def line(record: Record) -> str:
    """Return a record as one line: number, UTC time, actor, kind, and what was asked and decided."""
    told = [*_asked(record.input), *(event_text(event) for event in record.events)]
    return (
        f"{record.seq:>8}  {utc_text_ms(record.at_ns)}  {printable(record.actor):<{_ACTOR_WIDTH}}  "
        f"{short(kind_of(record.input)):<{_KIND_WIDTH}}  {'; '.join(told) or 'nothing was decided'}"
    )


def _asked(asked: Input) -> tuple[str, ...]:
    """Return the words of an input whose events do not say them."""
    match asked:
        case c.RaiseSignal():
            return (signal_text(asked.signal),)
        case c.ProposeOrder():
            return (f"proposes {order_text(asked.terms)}",)
        case _:
            return ()


def event_text(event: Event) -> str:
    """Return an event in words, without a full stop."""
    match event:
        case e.PositionOpened() | e.PositionIncreased() | e.PositionReduced() | e.PositionClosed() | e.MarkTaken():
            return _holding_text(event)
        case e.ExitDecided() | e.ReductionWaits() | e.DustKept() | e.DustJoined():
            return _spot_text(event)
        case e.SignalTaken():
            return "signal taken"
        case e.TimerSet():
            return f"timer {printable(event.timer)} set for {utc_text_ms(event.at_ns)}"
        case e.TimerEnded():
            return f"timer {printable(event.timer)} ended"
        case e.FeedGapFound():
            return f"{printable(event.symbol)}: book lost, update {event.found} came where {event.expected} was due"
        case e.FeedSynced():
            return f"{printable(event.symbol)}: book whole from update {event.update_id}"
        case e.ClockDrifted():
            return (
                f"{printable(event.symbol)}: clock offset drifted by {count(event.drift_ms)} ms, "
                f"at most {event.drift_ms_max} ms is in bounds"
            )
        case (
            e.RunStarted()
            | e.RunEnded()
            | e.PolicySeeded()
            | e.InstrumentsListed()
            | e.AccountOpened()
            | e.OwnerEnrolled()
            | e.Released()
            | e.Armed()
            | e.Disarmed()
            | e.ModeChanged()
            | e.KillEngaged()
            | e.CommandRefused()
        ):
            return _founding_text(event)
        case _:
            return _order_text(event)


def _order_text(event: OfOrder) -> str:
    match event:
        case e.OrderApproved(order=order):
            return f"{order.purpose.value} {order.order_id} approved: {order_text(order)}"
        case e.OrderFilled():
            end = "complete" if event.is_complete else f"{trimmed(event.quantity_filled)} so far"
            kept = f" (kept as {trimmed(event.fee_base)} of the quantity)" if event.fee_base else ""
            return (
                f"{event.order_id} filled {trimmed(event.quantity)} at {trimmed(event.price)} "
                f"as {event.liquidity.value} ({end}), fee {trimmed(event.fee)}{kept}, "
                f"slippage {trimmed(event.slippage)} USDT"
            )
        case e.OrderAcknowledged():
            return f"{event.order_id} acknowledged as {printable(event.venue_order_id)}"
        case e.OrderRefused():
            side = "" if event.side is None else f"{event.side.value} "
            return f"refused {side}{printable(event.symbol)} by {', '.join(map(rule_text, event.refusals))}"
        case e.RefusalRepeated():
            return f"the refusal of record {event.seq} came {count(event.count)} more time(s)"
        case e.OrderCancelRequested():
            return f"{event.order_id} to be cancelled: {printable(event.reason)}"
        case e.OrderCancelled():
            return f"{event.order_id} cancelled with {trimmed(event.quantity_left)} unfilled"
        case e.OrderExpired():
            return f"{event.order_id} expired with {trimmed(event.quantity_left)} unfilled: {printable(event.text)}"
        case e.OrderRejected():
            return f"{event.order_id} rejected by the venue: {event.code} {printable(event.text)}"
        case e.OrderWentUnknown():
            return f"{event.order_id} is unknown, it may be at the venue: {printable(event.text)}"
        case e.CancelRefusedByVenue():
            return f"{event.order_id}: the venue had nothing to cancel: {event.code} {printable(event.text)}"
        case e.UnownedFillFound():
            return (
                f"fill {printable(event.trade_id)} of {printable(event.order_id)} is not ours "
                f"({trimmed(event.quantity)} at {trimmed(event.price)}): {printable(event.detail)}"
            )
        case _:
            assert_never(event)


def _holding_text(event: OfHolding) -> str:
    symbol = printable(event.symbol)
    match event:
        case e.PositionOpened():
            way = "long" if event.side.value == "buy" else "short"
            return f"{way} {trimmed(event.quantity)} {symbol} opened at {price_mean(event.cost, event.quantity)}"
        case e.PositionIncreased():
            return f"{symbol} grown to {trimmed(event.quantity)} at {price_mean(event.cost, event.quantity)}"
        case e.PositionReduced():
            return (
                f"{symbol} reduced to {trimmed(event.quantity)} by {event.purpose.value}, profit {usdt(event.profit)}"
            )
        case e.PositionClosed():
            return f"{symbol} closed by {event.purpose.value}, profit {usdt(event.profit_total - event.fees_total)} net"
        case e.MarkTaken():
            return (
                f"{symbol} at {trimmed(event.price)}: unrealised {usdt(event.unrealised)}, equity {usdt(event.equity)}"
            )
        case _:
            assert_never(event)


def _spot_text(event: OfSpot) -> str:
    symbol = printable(event.symbol)
    match event:
        case e.ExitDecided():
            where = f"from {trimmed(event.reference)}" if event.reference else "at market"
            return f"{symbol} is to be sold whole, {where}: {printable(event.reason)}"
        case e.ReductionWaits():
            return f"{order_text(event.terms)} waits until the stop has been taken back"
        case e.DustKept():
            return f"{trimmed(event.quantity)} {symbol} stay as dust that cost {usdt(event.cost)}"
        case e.DustJoined():
            return f"dust of {trimmed(event.quantity)} {symbol} that cost {usdt(event.cost)} joins"
        case _:
            assert_never(event)


def _founding_text(
    event: e.RunStarted
    | e.RunEnded
    | e.PolicySeeded
    | e.InstrumentsListed
    | e.AccountOpened
    | e.OwnerEnrolled
    | e.Released
    | e.Armed
    | e.Disarmed
    | e.ModeChanged
    | e.KillEngaged
    | e.CommandRefused,
) -> str:
    match event:
        case e.RunStarted(run=run):
            return f"{printable(run.kind)} began on {printable(run.feed)}, seed {run.seed}, build {run.build[:12]}"
        case e.RunEnded():
            bad = sum(event.bad_ticks.values())
            return (
                f"run ended ({printable(event.reason)}): {count(event.ticks)} ticks, {event.gaps} gaps, {bad} bad ticks"
            )
        case e.PolicySeeded():
            return f"policy {event.digest[:12]} in force, {len(event.loosened)} value(s) looser than default"
        case e.InstrumentsListed():
            return f"instruments: {', '.join(printable(each.symbol) for each in event.instruments)}"
        case e.AccountOpened():
            return f"account {printable(event.account)} at {printable(event.venue)} with {usdt(event.balance)}"
        case e.OwnerEnrolled():
            traded = ", ".join(map(printable, event.symbols))
            return f"{printable(event.kind)} {printable(event.owner)} ({printable(event.strategy)}) may trade {traded}"
        case e.Released():
            return f"latch released, mode pause: {printable(event.reason)}"
        case e.Armed():
            return f"armed: {printable(event.reason)}"
        case e.Disarmed():
            return f"disarmed: {printable(event.reason)}"
        case e.ModeChanged():
            return f"mode {event.before.value} to {event.after.value}: {printable(event.reason)}"
        case e.KillEngaged():
            return f"KILL {event.way.value}: {printable(event.reason)}"
        case e.CommandRefused():
            return f"refused by {rule_text(event.rule)}: {printable(event.detail)}"
        case _:
            assert_never(event)


def rule_text(code: str) -> str:
    """Return a rule's code with its name, where this version knows it."""
    return f"{code} {RULES[code].name}" if code in RULES else printable(code)
