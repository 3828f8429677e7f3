"""What is particular to entries on spot: nothing is lent, nothing is sold short, and what is bought can be sold."""

from decimal import Decimal

from interlock.core.risk.factors import factors, means
from interlock.core.state import Account
from interlock.messages import events as e
from interlock.messages.policy import Limits, Policy, Sizing
from tests.builders import approved_in, bought, changed, founded, founded_on_spot, proposed, raised, terms

ALL_OF_IT = Policy(
    limits=Limits(order_usdt_max=Decimal(100_000), leverage_max=Decimal(3), loss_trade_bps_max=Decimal(10_000)),
    sizing=Sizing(position_bps_max=Decimal(30_000), exposure_bps_max=Decimal(30_000)),
)


def test_a_spot_wallet_lends_nothing_whatever_the_policy_allows() -> None:
    account = Account("paper-main", "paper", Decimal(10_000))
    assert means(factors(ALL_OF_IT, is_spot=True), account).leverage == 10_000
    assert means(factors(ALL_OF_IT), account).leverage == 30_000
    low = Policy(limits=Limits(leverage_max=Decimal("0.5")))
    assert means(factors(low, is_spot=True), account).leverage == 5_000


def test_no_entry_is_worth_more_than_what_is_left_in_the_wallet() -> None:
    core = founded_on_spot(ALL_OF_IT)
    (entry,) = approved_in(core.tell(proposed(terms(quantity="0.10000"))))
    core.tell(bought(entry, price="50000"))
    left = core.state.accounts["paper-main"].balance - core.held().cost
    assert left == Decimal(5_000)
    asked = (left / Decimal(50_500)).quantize(Decimal("0.00001"))  # at the edge of the collar
    over = core.tell(proposed(terms(quantity=str(asked))), 10**9)
    assert [rule for event in over if isinstance(event, e.OrderRefused) for rule in event.refusals] == ["RISK-024"]
    assert approved_in(core.tell(proposed(terms(quantity=str(asked - Decimal("0.00001")))), 10**9))


def test_what_could_not_be_sold_at_its_stop_is_not_bought() -> None:
    """0.00102 less a fee of 4 bps is 0.00101 in whole lots, which at a stop of 49500 brings 49.995."""
    core = founded_on_spot()
    listed = core.state.instruments["BTCUSDT"]
    for least, refusals in (("49.995", []), ("49.9951", ["RISK-020"])):
        core.state.instruments["BTCUSDT"] = changed(listed, notional_min=Decimal(least))
        events = core.tell(proposed(terms(quantity="0.00102")), 10**9)
        assert [rule for each in events if isinstance(each, e.OrderRefused) for rule in each.refusals] == refusals


def test_only_the_evidence_of_a_spot_entry_has_the_rule_of_its_own() -> None:
    for core, has_rule in ((founded_on_spot(), True), (founded(), False)):
        (approved,) = [each for each in core.tell(raised()) if isinstance(each, e.OrderApproved)]
        assert ("RISK-044" in [check.rule for check in approved.checks]) is has_rule
