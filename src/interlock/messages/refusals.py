"""Every rule that can refuse, under a code that never changes, with the words for people.

A refusal says which rule, the value, the limit, the utilisation or the excess, and what to do.
"""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.orders import Check
from interlock.units.money import trimmed


class Rule(Struct, frozen=True):
    """One rule: its stable code, its name, what is measured in which unit, and what to do when it refuses.

    `sense` is "most" (the value may not be above the limit), "least" (not below it) or "must" (a condition: 1 is met).
    """

    code: str
    name: str
    measures: str
    unit: str
    sense: str
    hint: str


LATCH = Rule("RISK-001", "latch", "latch open", "", "must", "See why it was engaged, then `release` with a reason.")
ARMED = Rule("RISK-002", "armed", "run armed", "", "must", "`arm` with a reason once you want this run to trade.")
MODE = Rule("RISK-003", "mode", "mode normal", "", "must", "`mode set normal` with a reason.")
OWNER = Rule("RISK-004", "owner", "owner enrolled with an account", "", "must", "Enrol the automation or bot first.")
POLICY = Rule("RISK-005", "policy", "policy in force", "", "must", "Seed a policy; without limits nothing trades.")
QUOTE = Rule("RISK-006", "quote", "quote known", "", "must", "Check the feed of this symbol.")
QUOTE_AGE = Rule("RISK-007", "quote_age", "age of the quote", "ms", "most", "Check the feed; wait for fresh quotes.")
LATENCY = Rule("RISK-008", "latency", "feed latency", "ms", "most", "Check the line to the venue, and the clock.")
QUOTE_SANE = Rule("RISK-009", "quote_sane", "last tick good", "", "must", "Wait for a good tick; see the bad ones.")
SPREAD = Rule("RISK-010", "spread", "spread", "bps", "most", "Wait for a tighter market, or trade by limit.")
BOOK = Rule(
    "RISK-011",
    "book",
    "order book whole, or none in the feed",
    "",
    "must",
    "Feed a depth snapshot, or wait for the resync.",
)
SYMBOL = Rule("RISK-012", "symbol", "symbol and side allowed", "", "must", "Allow it under `symbols` in the policy.")
INSTRUMENT = Rule("RISK-013", "instrument", "instrument tradable", "", "must", "Trade one listed as tradable.")
ATR = Rule("RISK-014", "atr", "ATR known", "", "must", "Wait until enough bars have closed.")
EQUITY = Rule("RISK-015", "equity", "equity", "USDT", "least", "Fund the account; nothing is sized on no equity.")
QUANTITY = Rule("RISK-016", "quantity_min", "quantity", "base", "least", "Too small to place; see what capped it.")
QUANTITY_MAX = Rule("RISK-017", "quantity_max", "quantity with what is held", "base", "most", "Reduce first.")
LOT = Rule("RISK-018", "lot", "remainder off the lot step", "base", "most", "Round the quantity to the venue's step.")
TICK = Rule("RISK-019", "tick", "remainder off the price tick", "quote", "most", "Round the price to the tick.")
NOTIONAL = Rule("RISK-020", "notional_min", "order value", "USDT", "least", "Too small to place; see what capped it.")
ORDER_VALUE = Rule("RISK-021", "order_value", "order value", "USDT", "most", "Lower the size, or `order_usdt_max`.")
POSITION = Rule("RISK-022", "position", "position value", "USDT", "most", "Reduce the position before adding to it.")
EXPOSURE = Rule("RISK-023", "exposure", "total exposure", "USDT", "most", "Reduce other positions first.")
LEVERAGE = Rule("RISK-024", "leverage", "exposure under leverage", "USDT", "most", "Reduce exposure or add equity.")
POSITIONS_OPEN = Rule("RISK-025", "positions_open", "open positions", "", "most", "Close one first.")
ORDERS_OPEN = Rule("RISK-026", "orders_open", "open orders", "", "most", "Cancel one first, or wait for an end.")
ORDER_RATE = Rule("RISK-027", "order_rate", "entries in the last minute", "", "most", "Slow down; check for a loop.")
SIGNAL_RATE = Rule("RISK-028", "signal_rate", "signals in the last hour", "", "most", "Check the strategy for a flood.")
LOSS_TRADE = Rule("RISK-029", "loss_trade", "planned loss", "USDT", "most", "Use a smaller size or a nearer stop.")
COLLAR = Rule("RISK-030", "collar", "price away from the mid", "quote", "most", "Price it nearer to the market.")
DUPLICATE = Rule("RISK-031", "duplicate", "time since the same order, or the window", "ms", "least", "Wait.")
SELF_TRADE = Rule("RISK-032", "self_trade", "own orders it would hit", "", "most", "Cancel the opposite order first.")
EDGE = Rule("RISK-033", "edge", "expected edge after costs", "bps", "least", "Only take signals that pay their costs.")
FLIP = Rule("RISK-034", "flip", "order reduces or adds, never flips", "", "must", "Close the position first.")
OTHER_OWNER = Rule("RISK-035", "other_owner", "no other owner in the symbol", "", "must", "Wait until they are flat.")
UNKNOWN_ORDER = Rule("RISK-036", "unknown_order", "orders of unknown fate", "", "most", "Wait for the venue's answer.")
NOTHING_TO_REDUCE = Rule("RISK-037", "nothing_to_reduce", "position to reduce", "", "must", "Nothing is held.")
ORDER_KNOWN = Rule("RISK-038", "order_known", "order known and open", "", "must", "Check the id; it may have ended.")
SEEDED = Rule("RISK-039", "seeded", "policy not yet seeded", "", "must", "Policy changes go by `policy propose`.")
TRIGGER = Rule("RISK-040", "order_type", "order type allowed from this door", "", "must", "Use market or limit orders.")
STOP_STAYS = Rule("RISK-041", "stop_stays", "no position behind the stop", "", "must", "Close the position instead.")
KNOWN_ALREADY = Rule(
    "RISK-042", "known_already", "name not taken before", "", "must", "Use another name, or the one there."
)
NUMBERS = Rule("RISK-043", "numbers", "every number usable", "", "must", "Mend who sent it: a number is no number.")
SPOT_SHORT = Rule("RISK-044", "spot_short", "spot entry buys", "", "must", "Spot is not sold short: sell what is held.")

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        *(LATCH, ARMED, MODE, OWNER, POLICY, QUOTE, QUOTE_AGE, LATENCY, QUOTE_SANE, SPREAD, BOOK, SYMBOL),
        *(INSTRUMENT, ATR, EQUITY, QUANTITY, QUANTITY_MAX, LOT, TICK, NOTIONAL, ORDER_VALUE, POSITION, EXPOSURE),
        *(LEVERAGE, POSITIONS_OPEN, ORDERS_OPEN, ORDER_RATE, SIGNAL_RATE, LOSS_TRADE, COLLAR, DUPLICATE, SELF_TRADE),
        *(
            EDGE,
            FLIP,
            OTHER_OWNER,
            UNKNOWN_ORDER,
            NOTHING_TO_REDUCE,
            ORDER_KNOWN,
            SEEDED,
            TRIGGER,
            STOP_STAYS,
            KNOWN_ALREADY,
        ),
        *(NUMBERS, SPOT_SHORT),
    )
}

MET = {code: Check(code, 1, 1, 100, True) for code, rule in RULES.items() if rule.sense == "must"}
UNMET = {code: Check(code, 0, 1, 0, False) for code, rule in RULES.items() if rule.sense == "must"}


def amount_text(value: Decimal | int, unit: str) -> str:
    """Return a value with its unit, as people read it: eight digits after the point at most; the record has all."""
    text = str(value) if isinstance(value, int) else trimmed(round(value, 8))
    return f"{text} {unit}" if unit else text


def check_text(check: Check) -> str:
    """Return one check in words: what was measured against what, and how much of the limit it used."""
    rule = RULES[check.rule]
    if rule.sense == "must":
        return f"{rule.measures}: {'yes' if check.passed else 'no'}"
    bound = "at most" if rule.sense == "most" else "at least"
    text = f"{rule.measures} {amount_text(check.value, rule.unit)}, {bound} {amount_text(check.limit, rule.unit)}"
    if rule is EDGE and check.passed and check.value < check.limit:
        return f"{text} (not asked for: edge_bps_min is 0)"
    if not check.passed:
        miss = amount_text(abs(Decimal(check.value) - Decimal(check.limit)), rule.unit)
        return f"{text} ({'over' if rule.sense == 'most' else 'short'} by {miss})"
    if rule.sense != "most" or not check.limit:
        return text
    return f"{text} ({amount_text(check.utilisation_percent, '')}% used)"


def refusal_text(check: Check) -> str:
    """Return a refusal in words: code, what happened in numbers, what was not done, what to do."""
    rule = RULES[check.rule]
    return f"{rule.code} {rule.name}: {check_text(check)}. Nothing was sent.\nhint: {rule.hint}"
