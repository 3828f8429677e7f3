"""Events of spot positions alone: the decision to sell one, what waits for its stop, and what is left at its end."""

from decimal import Decimal

from msgspec import Struct

from interlock.messages.orders import OrderTerms
from interlock.messages.words import Purpose


class ExitDecided(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="exit_decided.v1"):
    """A spot position is to be sold whole, as soon as no order of its own locks it. This is never taken back.

    `reference` is the price its sales are measured from, zero for at market; `purpose` is theirs.
    """

    account: str
    symbol: str
    owner: str
    purpose: Purpose
    reference: Decimal
    reason: str


class ReductionWaits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="reduction_waits.v1"):
    """A sale of part of a spot position goes out once its stop, which locks all of it, was taken back."""

    account: str
    symbol: str
    owner: str
    terms: OrderTerms
    reference_price: Decimal


class DustKept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dust_kept.v1"):
    """What is left of a spot position that ended, less than the venue lets be sold, and what it cost.

    It stays with its owner, valued at its cost, and joins the owner's next position in the symbol.
    """

    account: str
    symbol: str
    owner: str
    quantity: Decimal
    cost: Decimal


class DustJoined(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dust_joined.v1"):
    """What was left of a former position is part of the one that opens now."""

    account: str
    symbol: str
    owner: str
    quantity: Decimal
    cost: Decimal
