"""`policy.toml`, which seeds the policy of an empty log."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from interlock.messages.policy import Policy
from interlock.runtime.configuration.faults import fault_of
from interlock.runtime.configuration.loosening import TABLE, check_reasons, loosenings, read_reasons
from interlock.runtime.configuration.policy_rules import POLICY_LIMITS, POLICY_TEXTS, RULES
from interlock.runtime.configuration.schema import leaves, value_at
from interlock.runtime.configuration.toml_file import read_toml
from interlock.runtime.configuration.typed import Reader
from interlock.units.digests import sha256_hex
from interlock.units.sides import Side

REFERENCE = "docs/reference/policy.md"
_SIDES_IN_ORDER = tuple(Side)
_STOPS_ENTRIES_AT_ZERO = frozenset(
    {
        "sizing.risk_bps",
        "sizing.position_bps_max",
        "sizing.exposure_bps_max",
        "limits.loss_trade_bps_max",
        "limits.order_usdt_max",
    }
)


class SeededPolicy(Struct, frozen=True, kw_only=True):
    """A policy that was checked as a whole, ready to seed an empty log.

    `digest` is the sha256 of its canonical JSON; `loosened` maps each key that is looser than its default to the
    reason; `notes` are sentences that a person should see. The file's name and order are in none of them.
    """

    policy: Policy
    digest: str
    loosened: dict[str, str]
    notes: tuple[str, ...]


def read_policy(path: Path | None) -> SeededPolicy:
    """Return the policy of a file, or the defaults when there is none.

    Keys that the file leaves out keep their defaults; `[symbols]`, when given, is the whole list.
    Errors: ConfigurationFault with every problem of the file at once.
    """
    if path is None:
        return _seeded(Policy(), {})
    file = read_toml(path, REFERENCE)
    reader = Reader(file, POLICY_LIMITS, POLICY_TEXTS)
    read = reader.struct(file.table, Policy, others=(TABLE,))
    assert read is not None, "every key of the policy has a default"
    policy = msgspec.structs.replace(read, symbols=_ordered(read.symbols))
    _check_rules(policy, reader)
    reasons = read_reasons(file.table.get(TABLE, {}), reader)
    check_reasons(policy, reasons, reader)
    if reader.problems:
        raise fault_of(file.name, tuple(reader.problems), REFERENCE)
    return _seeded(policy, reasons)


def policy_digest(policy: Policy) -> str:
    """Return the sha256 of the policy's canonical JSON, the one that stands in the log."""
    return sha256_hex(msgspec.json.encode(policy))


def _seeded(policy: Policy, reasons: Mapping[str, str]) -> SeededPolicy:
    loosened = {loosening.key: reasons[loosening.key] for loosening in loosenings(policy)}
    return SeededPolicy(policy=policy, digest=policy_digest(policy), loosened=loosened, notes=_notes(policy))


def _ordered(symbols: Mapping[str, tuple[Side, ...]]) -> dict[str, tuple[Side, ...]]:
    """Return the symbols by name and their sides buy before sell, so that equal policies are equal bytes."""
    return {symbol: tuple(sorted(symbols[symbol], key=_SIDES_IN_ORDER.index)) for symbol in sorted(symbols)}


def _check_rules(policy: Policy, reader: Reader) -> None:
    for rule in RULES:
        if not any(reader.has_failed(key) for key in rule.keys) and not rule.holds(policy):
            reader.report(rule.keys[0], rule.value(policy), rule.allowed(policy))


def _notes(policy: Policy) -> tuple[str, ...]:
    notes = [
        f"{leaf.key} is 0: no entry can pass the gate."
        for leaf in leaves(Policy)
        if leaf.key in _STOPS_ENTRIES_AT_ZERO and not value_at(policy, leaf.key)
    ]
    notes += [
        f"{symbol} is in the default policy and may not be traded."
        for symbol in Policy().symbols
        if symbol not in policy.symbols
    ]
    notes += [f"{symbol} has no side that may open." for symbol, sides in policy.symbols.items() if not sides]
    return tuple(notes)
