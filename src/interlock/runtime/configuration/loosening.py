"""Which values of a policy are looser than their defaults, and whether each has its reason."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from interlock.messages.policy import Policy
from interlock.runtime.configuration.schema import leaves, value_at
from interlock.runtime.configuration.typed import Reader
from interlock.runtime.configuration.wording import bare, nearest, quoted, shown
from interlock.units.money import trimmed
from interlock.units.sides import Side

REASON_LENGTH_MIN = 10
REASON_LENGTH_MAX = 400
TABLE = "loosened"
_REASON_ALLOWED = f"a reason in quotes, on one line, of {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters"


class Loosening(Struct, frozen=True, kw_only=True):
    """One value that is looser than its default; both as text."""

    key: str
    value: str
    default: str


def loosenings(policy: Policy) -> tuple[Loosening, ...]:
    """Return every value that allows more than its default does, in the order of the keys."""
    default = Policy()
    found = []
    for leaf in leaves(Policy):
        value, usual = value_at(policy, leaf.key), value_at(default, leaf.key)
        if leaf.looser and is_looser(value, usual, leaf.looser):
            found.append(Loosening(key=leaf.key, value=_text(value), default=_text(usual)))
    for symbol, sides in policy.symbols.items():
        usual_sides = default.symbols.get(symbol, ())
        if any(side not in usual_sides for side in sides):
            found.append(Loosening(key=f"symbols.{symbol}", value=_text(sides), default=_text(usual_sides)))
    return tuple(found)


def is_looser(value: object, default: object, looser: str) -> bool:
    """Tell whether a value allows more than the default, given which way is looser."""
    if looser == "any":
        return value != default
    assert isinstance(value, int | Decimal) and isinstance(default, int | Decimal), "only numbers have a direction"
    assert looser in ("higher", "lower"), f"{looser} is no direction"
    return value > default if looser == "higher" else value < default


def read_reasons(raw: object, reader: Reader) -> dict[str, str]:
    """Return the reasons of the table `[loosened]` by key; keys may be written in quotes or as tables."""
    if not isinstance(raw, Mapping):
        reader.report(TABLE, shown(raw), "a table of reasons")
        return {}
    reasons: dict[str, str] = {}
    for key, reason in sorted(_flat(raw).items()):
        if not isinstance(reason, str) or not _is_reason(reason):
            reader.report(f"{TABLE}.{_shown_key(key)}", shown(reason), _REASON_ALLOWED)
            reasons[key] = ""  # it is told once: the key has its line, though not yet a reason
        else:
            reasons[key] = reason.strip()
    return reasons


def check_reasons(policy: Policy, reasons: Mapping[str, str], reader: Reader) -> None:
    """Report each looser value without a reason, and each reason without a looser value."""
    looser = {loosening.key: loosening for loosening in loosenings(policy)}
    for key, loosening in looser.items():
        if key not in reasons:
            reader.report(
                key,
                f"{loosening.value} where the default is {loosening.default}, without a reason",
                f"the default, or a reason in the table [{TABLE}]",
                f'Add to [{TABLE}]: "{key}" = "why this is right here"',
            )
    keys = [leaf.key for leaf in leaves(Policy) if leaf.looser]
    keys += [f"symbols.{symbol}" for symbol in policy.symbols]
    for key in reasons:
        place = f"{TABLE}.{_shown_key(key)}"
        if key in looser or reader.has_failed(key) or place in reader.failed:
            continue
        if key in keys:
            value = "a reason for a value that is not looser than its default"
            reader.report(place, value, "a key whose value is looser", "Remove the line.")
        else:
            value = "a reason for a key that does not exist"
            reader.report(place, value, "a key of this policy whose value is looser", nearest(key, keys))


def _flat(raw: Mapping[str, object]) -> dict[str, object]:
    """Return the table with `table.key` as `"table.key"`; what nests deeper than any key does stays as it is."""
    flat: dict[str, object] = {}
    for name, item in raw.items():
        if isinstance(item, Mapping):
            flat.update((f"{name}.{inner}", reason) for inner, reason in item.items())
        else:
            flat[name] = item
    return flat


def _is_reason(reason: str) -> bool:
    return REASON_LENGTH_MIN <= len(reason.strip()) <= REASON_LENGTH_MAX and reason.strip().isprintable()


def _shown_key(key: str) -> str:
    return key if all(part == bare(part) for part in key.split(".")) else quoted(key)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return trimmed(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_text(item) for item in value)}]"
    return quoted(value.value) if isinstance(value, Side) else str(value)
