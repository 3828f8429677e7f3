"""Runs inside an interpreter that has nautilus_trader 1.221: times its risk engine, block by block, and speaks JSON.

The first line says the version. Then each line in, a count, is answered by the median microseconds of as many calls of
`RiskEngine.execute`: one of an order that passes, one of an order that is denied for its value. A cash account, since
its engine asks nothing more of a margin account. What passes or is denied ends in an endpoint that does nothing, and
nothing is logged. This file imports nothing of ours, and nothing of ours imports it.
"""

# The library is no dependency of ours, so nothing of it can be checked here.
# mypy: disable-error-code="import-not-found"

import json
import sys
import time
from collections import deque
from statistics import median

import nautilus_trader
from nautilus_trader.accounting.factory import AccountFactory
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.config import RiskEngineConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import AccountType, OrderSide
from nautilus_trader.model.events import AccountState
from nautilus_trader.model.identifiers import AccountId, StrategyId, TraderId
from nautilus_trader.model.objects import AccountBalance, Money, Quantity
from nautilus_trader.portfolio.portfolio import Portfolio
from nautilus_trader.risk.engine import RiskEngine
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.test_kit.stubs.data import TestDataStubs


def cash_account() -> AccountState:
    """Return a cash account at the venue of the instrument, with a million USDT."""
    balance = AccountBalance(Money(1_000_000, USDT), Money(0, USDT), Money(1_000_000, USDT))
    return AccountState(
        account_id=AccountId("BINANCE-001"),
        account_type=AccountType.CASH,
        base_currency=None,
        reported=True,
        balances=[balance],
        margins=[],
        info={},
        event_id=UUID4(),
        ts_event=0,
        ts_init=0,
    )


class Peer:
    """Its risk engine, with a quote, an account, and two orders: one that passes and one that does not."""

    def __init__(self) -> None:
        clock, trader = TestClock(), TraderId("BENCH-001")
        bus = MessageBus(trader_id=trader, clock=clock)
        cache = Cache()
        portfolio = Portfolio(msgbus=bus, cache=cache, clock=clock)
        instrument = TestInstrumentProvider.btcusdt_binance()
        cache.add_instrument(instrument)
        cache.add_quote_tick(TestDataStubs.quote_tick(instrument, bid_price=58000.1, ask_price=58000.2))
        account = AccountFactory.create(cash_account())
        cache.add_account(account)
        portfolio.update_account(account.last_event)
        config = RiskEngineConfig(
            max_notional_per_order={str(instrument.id): 100_000},
            max_order_submit_rate="1000000000/00:00:01",
        )
        self._engine = RiskEngine(portfolio=portfolio, msgbus=bus, cache=cache, clock=clock, config=config)
        passed: deque[object] = deque(maxlen=1)
        denied: deque[object] = deque(maxlen=1)
        bus.register(endpoint="ExecEngine.execute", handler=passed.append)
        bus.register(endpoint="ExecEngine.process", handler=denied.append)
        self._engine.start()
        strategy = StrategyId("BENCH-001")
        factory = OrderFactory(trader_id=trader, strategy_id=strategy, clock=clock)
        self.commands = {
            kind: SubmitOrder(
                trader_id=trader,
                strategy_id=strategy,
                position_id=None,
                order=factory.market(instrument.id, OrderSide.BUY, Quantity.from_str(size)),
                command_id=UUID4(),
                ts_init=0,
            )
            for kind, size in (("passes", "0.010000"), ("denies", "5.000000"))
        }
        self._engine.execute(self.commands["passes"])
        assert passed and not denied, "the smaller order passes"
        self._engine.execute(self.commands["denies"])
        assert denied, "the larger order is denied"

    def block(self, count: int) -> dict[str, float]:
        """Return the median microseconds of so many calls of each kind."""
        clock, execute = time.perf_counter_ns, self._engine.execute
        medians = {}
        for kind, command in self.commands.items():
            times = []
            for _ in range(count):
                start = clock()
                execute(command)
                times.append(clock() - start)
            medians[kind] = median(times) / 1_000
        return medians


def main() -> None:
    """Answer each line until there are no more."""
    sys.stdout.write(json.dumps(f"nautilus_trader {nautilus_trader.__version__}") + "\n")
    peer = Peer()
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(peer.block(int(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
