"""The framing that writer and readers of the book share: file names, tables and their indexes."""

from typing import Final

from interlock.ports.exchange.words import OPEN, AlgoState

DATABASE_NAME: Final = "venue.db"
WAL_NAME: Final = "venue.db-wal"  # the name SQLite gives it
LOCK_NAME: Final = "venue.lock"

APPLICATION_ID: Final = 0x494C5631  # "ILV1" in the header of the file: this database is ours
SCHEMA_VERSION: Final = 2

# 3.7.0 to 3.51.2 can damage a WAL database when two connections checkpoint and write at the same moment.
SQLITE_VERSION_MIN: Final = (3, 51, 3)

ENDED_ALGOS: Final = (AlgoState.FINISHED, AlgoState.CANCELED, AlgoState.REJECTED, AlgoState.EXPIRED)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# A partial index serves only a query that repeats its condition word for word.
ORDER_IS_OPEN: Final = f"state IN ({_listed(tuple(sorted(state.value for state in OPEN)))})"
ALGO_IS_OPEN: Final = f"state NOT IN ({_listed(tuple(state.value for state in ENDED_ALGOS))})"

# Decimals are text in plain digits, flags are 0 and 1, words are the venue's. Ids count over both markets and times
# never run backwards, so that an index by time is one by id, too.
TABLES: Final = {
    "orders": """CREATE TABLE orders(
        order_id INTEGER PRIMARY KEY, market TEXT NOT NULL, account TEXT NOT NULL, symbol TEXT NOT NULL,
        client_order_id TEXT NOT NULL, side TEXT NOT NULL, kind TEXT NOT NULL, asked_kind TEXT NOT NULL,
        time_in_force TEXT NOT NULL, state TEXT NOT NULL, quantity TEXT NOT NULL, quote_quantity TEXT NOT NULL,
        price TEXT NOT NULL, trigger_price TEXT NOT NULL, filled TEXT NOT NULL, filled_quote TEXT NOT NULL,
        reduce_only INTEGER NOT NULL, close_position INTEGER NOT NULL, price_protect INTEGER NOT NULL,
        working_price TEXT NOT NULL, self_trade TEXT NOT NULL, good_till_ms INTEGER NOT NULL,
        algo_id INTEGER NOT NULL, text TEXT NOT NULL, created_at_ns INTEGER NOT NULL,
        updated_at_ns INTEGER NOT NULL, working_at_ns INTEGER NOT NULL) STRICT""",
    "algos": """CREATE TABLE algos(
        algo_id INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL, client_algo_id TEXT NOT NULL,
        side TEXT NOT NULL, kind TEXT NOT NULL, time_in_force TEXT NOT NULL, state TEXT NOT NULL,
        quantity TEXT NOT NULL, price TEXT NOT NULL, trigger_price TEXT NOT NULL, activation_price TEXT NOT NULL,
        callback_rate TEXT NOT NULL, working_price TEXT NOT NULL, reduce_only INTEGER NOT NULL,
        close_position INTEGER NOT NULL, price_protect INTEGER NOT NULL, self_trade TEXT NOT NULL,
        good_till_ms INTEGER NOT NULL, order_id INTEGER NOT NULL, filled TEXT NOT NULL,
        filled_quote TEXT NOT NULL, triggered_at_ns INTEGER NOT NULL, text TEXT NOT NULL,
        created_at_ns INTEGER NOT NULL, updated_at_ns INTEGER NOT NULL) STRICT""",
    "trades": """CREATE TABLE trades(
        trade_id INTEGER PRIMARY KEY, market TEXT NOT NULL, account TEXT NOT NULL, symbol TEXT NOT NULL,
        order_id INTEGER NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL,
        quote TEXT NOT NULL, commission TEXT NOT NULL, commission_asset TEXT NOT NULL, realised TEXT NOT NULL,
        is_maker INTEGER NOT NULL, at_ns INTEGER NOT NULL) STRICT""",
    "income": """CREATE TABLE income(
        income_id INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, symbol TEXT NOT NULL,
        asset TEXT NOT NULL, amount TEXT NOT NULL, info TEXT NOT NULL, trade_id TEXT NOT NULL,
        at_ns INTEGER NOT NULL) STRICT""",
    "kept": "CREATE TABLE kept(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
}

INDEXES: Final = (
    "CREATE INDEX orders_by_time ON orders(account, market, symbol, created_at_ns)",
    "CREATE INDEX orders_by_client ON orders(account, client_order_id)",
    f"CREATE INDEX orders_open ON orders(order_id) WHERE {ORDER_IS_OPEN}",
    "CREATE INDEX algos_by_time ON algos(account, created_at_ns)",
    "CREATE INDEX algos_by_client ON algos(account, client_algo_id)",
    f"CREATE INDEX algos_open ON algos(algo_id) WHERE {ALGO_IS_OPEN}",
    "CREATE INDEX trades_by_time ON trades(account, market, symbol, at_ns)",
    "CREATE INDEX trades_by_order ON trades(order_id)",
    "CREATE INDEX income_by_time ON income(account, at_ns)",
)
