"""What matching needs to know: of an order, and of the desk that books what happens to it."""

from typing import Protocol, TypeVar

from interlock.venues.paper.book_of_record import Scale


class Workable(Protocol):
    """An order as matching sees it. Amounts in 1e-8; `ahead_e8` is below zero while the queue ahead cannot be seen.

    `is_seated` is false while no market was seen that shows it to rest rather than to take. `passes_own`: it takes
    own orders that rest in its way off the book instead of ending before them.
    """

    ahead_e8: int
    is_seated: bool

    @property
    def ordinal(self) -> int:
        """Its place among the orders that came."""
        ...

    @property
    def is_buy(self) -> bool:
        """Whether it buys."""
        ...

    @property
    def price_e8(self) -> int:
        """Its limit, 0 when it has none."""
        ...

    @property
    def left_e8(self) -> int:
        """What is not filled."""
        ...

    @property
    def scale(self) -> Scale:
        """The digits of its symbol."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether it can still trade."""
        ...

    @property
    def is_post_only(self) -> bool:
        """Whether it may only rest."""
        ...

    @property
    def is_at_once(self) -> bool:
        """Whether what cannot be filled at once ends."""
        ...

    @property
    def is_all_or_none(self) -> bool:
        """Whether it is filled whole at once or not at all."""
        ...

    @property
    def passes_own(self) -> bool:
        """Whether own orders in its way give way."""
        ...


OrderT = TypeVar("OrderT", bound=Workable)
OrderT_contra = TypeVar("OrderT_contra", bound=Workable, contravariant=True)


class MatchingDesk(Protocol[OrderT_contra]):
    """Books what happens to orders, and knows how much of each may trade."""

    def fill(self, live: OrderT_contra, price_e8: int, quantity_e8: int, is_maker: bool, at_ns: int) -> None:
        """Book a trade of an order and say so."""
        ...

    def expire(self, live: OrderT_contra, text: str, at_ns: int) -> None:
        """End an order by a rule of the venue and say so."""
        ...

    def reducible_e8(self, live: OrderT_contra) -> int:
        """Return how much of the order may trade now."""
        ...

    def yields(self, own: OrderT_contra, live: OrderT_contra, at_ns: int) -> bool:
        """Take an own resting order away if the arriving one is to go on through it; say whether it is to."""
        ...
