"""`settings.toml`: everything a run needs that does not change risk, typed, read and checked as a whole.

Risk is `policy.toml`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from interlock.runtime.configuration.faults import fault_of
from interlock.runtime.configuration.policy_rules import SYMBOL_PATTERN
from interlock.runtime.configuration.schema import Bounds, bounds
from interlock.runtime.configuration.toml_file import read_toml
from interlock.runtime.configuration.typed import Reader, Texts
from interlock.runtime.configuration.wording import bare, nearest, one_of, quoted
from interlock.strategies.catalogue import STRATEGIES, make_strategy
from interlock.units.digests import sha256_hex
from interlock.units.faults import Fault

Bps = Annotated[Decimal, Meta(description="basis points")]
Milliseconds = Annotated[Decimal, Meta(description="milliseconds")]
Sigma = Annotated[Decimal, Meta(description="standard deviation of the logarithm")]


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The paper account that a run trades in."""

    name: str = "paper-usdm"
    balance_usdt: Annotated[Decimal, Meta(description="USDT")] = Decimal(10_000)


class Automation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One configured strategy. It owns its positions under its name.

    `symbol` is a name as the venue writes it, or "first" or "second" of the feed's symbols in its order.
    """

    name: str
    strategy: str
    symbol: str
    settings: dict[str, Decimal] = {}


class Paper(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of the paper venue: what it really charges and how slow it is. Latencies are log-normal."""

    maker_bps: Bps = Decimal(2)
    taker_bps: Bps = Decimal(4)
    leverage: Annotated[int, Meta(ge=1, le=125, description="times")] = 5
    latency_entry_ms_median: Milliseconds = Decimal(15)
    latency_entry_sigma: Sigma = Decimal("0.4")
    latency_response_ms_median: Milliseconds = Decimal(10)
    latency_response_sigma: Sigma = Decimal("0.4")
    refill_ms: Annotated[int, Meta(ge=0, le=3_600_000, description="milliseconds")] = 1_000


class Recordings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How recordings are read."""

    cache: bool = True
    cache_directory: str = ""


class Journal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where entries stop for want of room on the disk."""

    low_water_mib: Annotated[int, Meta(ge=1, le=1_048_576, description="MiB")] = 256


class Instruments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the venue's filters come from."""

    exchange_info: str = ""


class VenueAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account of the paper exchange, and what it is opened with: spot balances by asset, and futures USDT."""

    name: str
    spot: dict[str, Decimal] = {}
    futures_usdt: Annotated[Decimal, Meta(description="USDT")] = Decimal(0)


class Venue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The paper exchange as a process. Futures fees, leverage and refill are those of `paper`."""

    host: str = "127.0.0.1"
    port_spot: Annotated[int, Meta(ge=0, le=65_535)] = 8_391
    port_usdm: Annotated[int, Meta(ge=0, le=65_535)] = 8_392
    spot_maker_bps: Bps = Decimal(10)
    spot_taker_bps: Bps = Decimal(10)
    accounts: tuple[VenueAccount, ...] = (
        VenueAccount(name="paper", spot={"USDT": Decimal(10_000)}, futures_usdt=Decimal(10_000)),
    )


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it. The automations and the venue's accounts of a file replace these."""

    account: Account = Account()
    automations: tuple[Automation, ...] = (
        Automation(name="breakout", strategy="breakout", symbol="first"),
        Automation(name="mean_reversion", strategy="mean_reversion", symbol="second"),
    )
    paper: Paper = Paper()
    recordings: Recordings = Recordings()
    journal: Journal = Journal()
    instruments: Instruments = Instruments()
    venue: Venue = Venue()


REFERENCE = "docs/reference/settings.md"
SYMBOL_PLACES = ("first", "second")
_FEE = bounds(-1_000, 1_000)  # below 0 is a rebate
_LATENCY = bounds(0, 60_000)
_SIGMA = bounds(0, 3)
_AMOUNT = bounds(0, 1_000_000_000)

SETTINGS_LIMITS: Mapping[str, Bounds] = {
    "account.balance_usdt": bounds("0.01", 1_000_000_000),
    "automations[].settings.*": bounds(-1_000_000_000, 1_000_000_000),  # each strategy judges its own more closely
    "paper.maker_bps": _FEE,
    "paper.taker_bps": _FEE,
    "paper.latency_entry_ms_median": _LATENCY,
    "paper.latency_entry_sigma": _SIGMA,
    "paper.latency_response_ms_median": _LATENCY,
    "paper.latency_response_sigma": _SIGMA,
    "venue.spot_maker_bps": _FEE,
    "venue.spot_taker_bps": _FEE,
    "venue.accounts[].spot.*": _AMOUNT,
    "venue.accounts[].futures_usdt": _AMOUNT,
}

_NAME = Texts(r"[a-z][a-z0-9_-]{0,31}", "a name of 1 to 32 small letters, digits, - and _, a letter first")
_PATH = Texts(r"[^\x00-\x1f\x7f]{0,1024}", "a path, or empty")

SETTINGS_TEXTS: Mapping[str, Texts] = {
    "account.name": _NAME,
    "automations[].name": _NAME,
    "automations[].strategy": Texts("|".join(STRATEGIES), one_of(sorted(STRATEGIES)), tuple(STRATEGIES)),
    "automations[].symbol": Texts(
        f"{'|'.join(SYMBOL_PLACES)}|{SYMBOL_PATTERN}",
        '"first", "second", or a symbol as the venue writes it, in capital letters and digits ("BTCUSDT")',
    ),
    "automations[].settings.*": Texts(r"[a-z][a-z0-9_]{0,63}", "the name of a setting of the strategy"),
    "recordings.cache_directory": _PATH,
    "instruments.exchange_info": _PATH,
    "venue.host": Texts(r"[0-9A-Za-z.:-]{1,255}", "a host name or an address"),
    "venue.accounts[].name": _NAME,
    "venue.accounts[].spot.*": Texts(r"[A-Z0-9]{1,20}", "an asset as the venue writes it, like USDT"),
}


def read_settings(path: Path | None) -> Settings:
    """Return the settings of a file, or the defaults when there is none.

    Keys that the file leaves out keep their defaults; `[[automations]]`, when given, are all there are.
    Errors: ConfigurationFault with every problem of the file at once.
    """
    if path is None:
        return Settings()
    file = read_toml(path, REFERENCE)
    reader = Reader(file, SETTINGS_LIMITS, SETTINGS_TEXTS)
    settings = reader.struct(file.table, Settings)
    assert settings is not None, "every table of the settings has a default"
    if not reader.has_failed("automations"):
        _check_automations(settings.automations, reader)
    if not reader.has_failed("venue.accounts"):
        _check_accounts(settings.venue.accounts, reader)
    if reader.problems:
        raise fault_of(file.name, tuple(reader.problems), REFERENCE)
    return settings


def settings_digest(settings: Settings) -> str:
    """Return the sha256 of the settings' canonical JSON."""
    return sha256_hex(msgspec.json.encode(settings))


def symbol_of(automation: Automation, symbols: Sequence[str]) -> str | None:
    """Return the symbol an automation trades, given the feed's symbols in order; None when the feed has none such."""
    if automation.symbol in SYMBOL_PLACES:
        place = SYMBOL_PLACES.index(automation.symbol)
        return symbols[place] if place < len(symbols) else None
    return automation.symbol if automation.symbol in symbols else None


def cache_directory(recordings: Recordings, environment: Mapping[str, str], home: Path) -> Path | None:
    """Return where recordings are cached, None when they are not.

    Source: XDG Base Directory Specification; a relative XDG_CACHE_HOME is to be ignored.
    """
    if not recordings.cache:
        return None
    if recordings.cache_directory:
        return in_home(recordings.cache_directory, home)
    cache_home = Path(environment.get("XDG_CACHE_HOME", ""))
    return (cache_home if cache_home.is_absolute() else home / ".cache") / "interlock"


def in_home(path: str, home: Path) -> Path:
    """Return a path of the settings with a leading `~/` put in the home directory."""
    return home / path[2:] if path.startswith("~/") else Path(path)


class _Heard(Mapping[str, Decimal]):
    """An automation's settings that remember which names the strategy asked for: those are the ones it knows."""

    def __init__(self, settings: Mapping[str, Decimal]) -> None:
        self._settings = settings
        self.names: list[str] = []

    def __getitem__(self, name: str) -> Decimal:
        self.names.append(name)
        return self._settings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)


def _check_automations(automations: tuple[Automation, ...], reader: Reader) -> None:
    names: set[str] = set()
    for number, automation in enumerate(automations):
        key = f"automations[{number}]"
        if automation.name in names:
            reader.report(f"{key}.name", quoted(automation.name), "a name that no other automation has")
        names.add(automation.name)
        _check_strategy(automation, key, reader)


def _check_accounts(accounts: tuple[VenueAccount, ...], reader: Reader) -> None:
    names = [account.name for account in accounts]
    for number, name in enumerate(names):
        if name in names[:number]:
            reader.report(f"venue.accounts[{number}].name", quoted(name), "a name that no other account has")


def _check_strategy(automation: Automation, key: str, reader: Reader) -> None:
    heard = _Heard(automation.settings)
    try:
        make_strategy(automation.strategy, automation.symbol, heard)
    except Fault as fault:
        value, _, allowed = fault.what.removesuffix(".").partition("; allowed is ")
        reader.report(f"{key}.settings", f"refused: {value}", allowed or "what the strategy takes")
        return
    for name in automation.settings:
        if name not in heard.names:
            allowed = f"a setting of {automation.strategy}: {', '.join(heard.names)}"
            reader.report(f"{key}.settings.{bare(name)}", "not known", allowed, nearest(name, heard.names))
