"""The closed vocabularies of an exchange that speaks Binance. Values are the venue's words, as on the wire."""

from enum import Enum


class Market(Enum):
    """The venue's markets that are served: spot, and USD-margined futures in one-way mode."""

    SPOT = "spot"
    USDM = "usdm"


class OrderKind(Enum):
    """How an order is to be worked. The first five are spot's conditional and post-only kinds, the rest as named."""

    LIMIT_MAKER = "LIMIT_MAKER"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"  # spot: at market; futures: with a limit price
    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP = "STOP"  # futures: a stop with a limit price
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"
    LIQUIDATION = "LIQUIDATION"  # the venue's own, never asked for


class OrderForce(Enum):
    """How long an order lives. GTX is post only (futures), GTD ends at a time given (futures)."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTD = "GTD"


class OrderState(Enum):
    """The venue's order status."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"


class AlgoState(Enum):
    """The status of a futures conditional ("algo") order."""

    NEW = "NEW"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


OPEN = frozenset({OrderState.NEW, OrderState.PARTIALLY_FILLED})


class SelfTrade(Enum):
    """What becomes of an order that would meet an own one: which of the two expires."""

    NONE = "NONE"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"


class WorkingPrice(Enum):
    """Which price pulls a futures trigger: the last trade's, or the mark price."""

    CONTRACT_PRICE = "CONTRACT_PRICE"
    MARK_PRICE = "MARK_PRICE"


class MarginType(Enum):
    """How a futures position is margined."""

    CROSSED = "CROSSED"
    ISOLATED = "ISOLATED"


class IncomeKind(Enum):
    """Why a futures balance changed."""

    REALIZED_PNL = "REALIZED_PNL"
    FUNDING_FEE = "FUNDING_FEE"
    COMMISSION = "COMMISSION"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"
    TRANSFER = "TRANSFER"


class Execution(Enum):
    """What an order update tells of (the venue's execution type)."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    AMENDMENT = "AMENDMENT"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    TRADE_PREVENTION = "TRADE_PREVENTION"
    CALCULATED = "CALCULATED"  # futures: a liquidation


class BalanceReason(Enum):
    """Why an account update was sent."""

    ORDER = "ORDER"
    FUNDING_FEE = "FUNDING_FEE"
    DEPOSIT = "DEPOSIT"
    MARGIN_TRANSFER = "MARGIN_TRANSFER"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"


class StopMode(Enum):
    """What a cancel-replace does when the cancellation fails."""

    STOP_ON_FAILURE = "STOP_ON_FAILURE"
    ALLOW_FAILURE = "ALLOW_FAILURE"
