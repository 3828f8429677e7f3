"""What the market shows, turned into streams: at once for what is at once, gathered for what has a speed."""

from collections.abc import Callable, Sequence

from interlock.gateway.binance.sockets.pushing import Pusher
from interlock.gateway.binance.sockets.streams import books, shapes
from interlock.gateway.binance.sockets.streams.names import Stream, StreamKind, parse_stream
from interlock.gateway.binance.sockets.streams.timed import Teller
from interlock.gateway.binance.sockets.streams.topic import Topic
from interlock.gateway.server.messages import Channel
from interlock.ports.exchange.market_data import (
    DepthChanged,
    Kline,
    MarketData,
    MarketEvent,
    MarketTrade,
    MarkShown,
    QuoteShown,
)
from interlock.ports.exchange.rows import OrderRow
from interlock.units.time import NS_PER_MS

Key = tuple[StreamKind, str]


class MarketHub:
    """The streams of one market that somebody hears. A stream nobody hears costs nothing."""

    def __init__(self, data: MarketData, pusher: Pusher, now_ms: Callable[[], int]) -> None:
        self._market = data.market
        self._data = data
        self._pusher = pusher
        self._now_ms = now_ms
        self._topics: dict[str, Topic] = {}
        self._heard: dict[Key, tuple[Topic, ...]] = {}
        self._timed: dict[int, list[Topic]] = {}
        self._due_ns: dict[int, int] = {}
        self._teller = Teller(data)

    # --- Who hears what --------------------------------------------------------------------------------------------

    def subscribe(self, channel: Channel, name: str, is_combined: bool) -> None:
        """Let a channel hear a stream. A name that means nothing is heard in silence, as upstream."""
        topic = self._topics.get(name)
        if topic is None:
            topic = Topic(self._parsed(name))
            self._topics[name] = topic
            if topic.stream.kind is not StreamKind.NOTHING:
                self._index()
        topic.add(channel, is_combined)

    def unsubscribe(self, channel: Channel, name: str) -> None:
        """Let a channel hear a stream no more."""
        topic = self._topics.get(name)
        if topic is None:
            return
        topic.remove(channel)
        if not topic.is_heard:
            del self._topics[name]
            self._index()

    def _parsed(self, name: str) -> Stream:
        stream = parse_stream(self._market, name)
        if stream.symbol and stream.symbol not in self._data.listing().instruments:
            return Stream(name, StreamKind.NOTHING)
        return stream

    def _index(self) -> None:
        """Sort the topics by what feeds them; only when a first one came or a last one left."""
        heard: dict[Key, list[Topic]] = {}
        self._timed = {}
        for topic in self._topics.values():
            stream = topic.stream
            heard.setdefault((stream.kind, stream.symbol), []).append(topic)
            if stream.every_ms:
                self._timed.setdefault(stream.every_ms, []).append(topic)
        self._heard = {key: tuple(topics) for key, topics in heard.items()}
        self._due_ns = {every_ms: due for every_ms, due in self._due_ns.items() if every_ms in self._timed}

    # --- What the market shows -------------------------------------------------------------------------------------

    def shown(self, events: Sequence[MarketEvent]) -> None:
        """Take what the market shows, in order."""
        told_ms = self._now_ms()
        for event in events:
            match event:
                case QuoteShown():
                    self._quote(told_ms, event)
                case MarketTrade():
                    self._trade(told_ms, event)
                case DepthChanged():
                    self._depth(told_ms, event)
                case Kline():
                    self._candle(told_ms, event)
                case MarkShown():
                    pass  # told by the clock, from the market's own state

    def liquidated(self, order: OrderRow) -> None:
        """Tell the market of a liquidation order."""
        text = shapes.liquidation(self._now_ms(), order)
        self._push_all(StreamKind.LIQUIDATION, order.symbol, text)
        self._push_all(StreamKind.LIQUIDATION, "", text)

    def advance(self, now_ns: int) -> None:
        """Send what is due by the clock. The time is any that only grows; the streams' speeds are kept by it."""
        told_ms = self._now_ms()
        for every_ms, topics in list(self._timed.items()):
            every_ns = every_ms * NS_PER_MS
            due_ns = self._due_ns.setdefault(every_ms, now_ns // every_ns * every_ns + every_ns)
            if now_ns < due_ns:
                continue
            self._due_ns[every_ms] = now_ns // every_ns * every_ns + every_ns
            for topic in topics:
                for text in self._teller.due(topic, told_ms):
                    self._push(topic, text)

    def _quote(self, told_ms: int, shown: QuoteShown) -> None:
        self._teller.happened(shown.symbol)
        own = self._heard.get((StreamKind.QUOTE, shown.symbol), ())
        every = self._heard.get((StreamKind.QUOTE, ""), ())
        if own or every:
            text = shapes.quote(self._market, told_ms, shown)
            for topic in own + every:
                self._push(topic, text)

    def _trade(self, told_ms: int, shown: MarketTrade) -> None:
        self._teller.happened(shown.symbol)
        topics = self._heard.get((StreamKind.TRADE, shown.symbol))
        if topics:
            text = shapes.trade(self._market, told_ms, shown)
            for topic in topics:
                self._push(topic, text)
        topics = self._heard.get((StreamKind.AGGREGATE_TRADE, shown.symbol))
        if topics:
            text = shapes.aggregate_trade(self._market, told_ms, shown)
            for topic in topics:
                self._push(topic, text)

    def _depth(self, told_ms: int, change: DepthChanged) -> None:
        for topic in self._heard.get((StreamKind.DEPTH_CHANGE, change.symbol), ()):
            if topic.stream.every_ms:
                topic.changes.append(change)
            else:
                self._push(topic, books.depth_change(self._market, told_ms, change))
        for topic in self._heard.get((StreamKind.DEPTH_TOP, change.symbol), ()):
            if not topic.changes:  # the first since the last message is all it needs
                topic.changes.append(change)

    def _candle(self, told_ms: int, candle: Kline) -> None:
        for kind in (StreamKind.KLINE, StreamKind.CONTINUOUS_KLINE):
            for topic in self._heard.get((kind, candle.symbol), ()):
                if topic.stream.interval != candle.interval:
                    continue
                topic.candle = None if candle.is_closed else candle
                if candle.is_closed:
                    self._push(topic, self._teller.candle(topic, told_ms, candle))

    def _push_all(self, kind: StreamKind, symbol: str, text: str) -> None:
        for topic in self._heard.get((kind, symbol), ()):
            self._push(topic, text)

    def _push(self, topic: Topic, text: str) -> None:
        self._pusher.push(topic.stream.name, text.encode(), topic.send)
