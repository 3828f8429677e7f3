"""What a stream with a speed says when its time has come, or nothing when nothing happened since."""

from interlock.gateway.binance.sockets.streams import books, shapes
from interlock.gateway.binance.sockets.streams.names import StreamKind
from interlock.gateway.binance.sockets.streams.topic import Topic
from interlock.ports.exchange.market_data import DayTicker, Kline, MarketData
from interlock.units.time import NS_PER_MS

_AVERAGE_MINUTES = 5


class Teller:
    """Words what is due. It counts what happens to each symbol, so that what did not change is not told again."""

    def __init__(self, data: MarketData) -> None:
        self._data = data
        self._market = data.market
        self._happened: dict[str, int] = {}

    def happened(self, symbol: str) -> None:
        """Note that a symbol was traded or quoted."""
        self._happened[symbol] = self._happened.get(symbol, 0) + 1

    def due(self, topic: Topic, told_ms: int) -> list[str]:
        """Return the messages of a stream whose time has come."""
        stream = topic.stream
        match stream.kind:
            case StreamKind.DEPTH_CHANGE:
                return self._changes(topic, told_ms)
            case StreamKind.DEPTH_TOP:
                return self._top(topic, told_ms)
            case StreamKind.KLINE | StreamKind.CONTINUOUS_KLINE:
                candle, topic.candle = topic.candle, None
                return [self.candle(topic, told_ms, candle)] if candle else []
            case StreamKind.TICKER | StreamKind.MINI_TICKER:
                return self._days(topic, told_ms)
            case StreamKind.MARK:
                return self._marks(topic, told_ms)
            case StreamKind.AVERAGE_PRICE:
                return self._average(topic, told_ms)
            case (
                StreamKind.TRADE
                | StreamKind.AGGREGATE_TRADE
                | StreamKind.QUOTE
                | StreamKind.LIQUIDATION
                | StreamKind.NOTHING
            ):
                raise AssertionError(f"{stream.name} has no speed")

    def candle(self, topic: Topic, told_ms: int, candle: Kline) -> str:
        """Return a candle as the stream words it: of a symbol, or of a pair's contract."""
        if topic.stream.kind is StreamKind.CONTINUOUS_KLINE:
            return shapes.continuous_kline(told_ms, candle)
        return shapes.kline(self._market, told_ms, candle)

    def _changes(self, topic: Topic, told_ms: int) -> list[str]:
        if not topic.changes:
            return []
        changes, topic.changes = topic.changes, []
        return [books.depth_change(self._market, told_ms, change) for change in books.joined(changes)]

    def _top(self, topic: Topic, told_ms: int) -> list[str]:
        """Return the top of the book when it changed, and once at the start."""
        changes, topic.changes = topic.changes, []
        if not changes and topic.told_id >= 0:
            return []
        shown = self._data.depth(topic.stream.symbol, topic.stream.levels)
        if shown is None or shown.update_id == topic.told_id:
            return []
        since = changes[0] if changes and topic.told_id >= 0 else None
        previous_id, topic.told_id = topic.told_id, shown.update_id
        return [books.depth_top(self._market, told_ms, shown, since, previous_id)]

    def _days(self, topic: Topic, told_ms: int) -> list[str]:
        render = shapes.ticker if topic.stream.kind is StreamKind.TICKER else shapes.mini_ticker
        texts = [render(self._market, told_ms, day) for day in self._changed_days(topic)]
        if topic.stream.is_array:
            return [f"[{','.join(texts)}]"] if texts else []
        return texts

    def _changed_days(self, topic: Topic) -> list[DayTicker]:
        days: list[DayTicker] = []
        for symbol in self._symbols(topic):
            count = self._happened.get(symbol, 0)
            if topic.seen.get(symbol) == count:
                continue
            day = self._data.day(symbol)
            if day is not None:
                topic.seen[symbol] = count
                days.append(day)
        return days

    def _marks(self, topic: Topic, told_ms: int) -> list[str]:
        marks = [self._data.mark(symbol) for symbol in self._symbols(topic)]
        texts = [shapes.mark(told_ms, shown) for shown in marks if shown is not None]
        if topic.stream.is_array:
            return [f"[{','.join(texts)}]"] if texts else []
        return texts

    def _average(self, topic: Topic, told_ms: int) -> list[str]:
        symbol = topic.stream.symbol
        count = self._happened.get(symbol, 0)
        candles = self._data.klines(symbol, "1m", _AVERAGE_MINUTES)
        trades = self._data.trades(symbol, 1)
        if topic.seen.get(symbol) == count or not candles or not trades:
            return []
        topic.seen[symbol] = count
        return [shapes.average_price(told_ms, symbol, candles, trades[-1].at_ns // NS_PER_MS)]

    def _symbols(self, topic: Topic) -> list[str]:
        return [topic.stream.symbol] if topic.stream.symbol else list(self._data.listing().instruments)
