"""The paper exchange as a process: what it says, what it remembers when it is killed, and how it misbehaves."""

import json
import signal
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from interlock.ports.latch import SILENT
from interlock.runtime.latch import FILE_NAME, engage
from tests.venue_process import Json, VenueProcess, running_venue


def limit_buy(venue: VenueProcess, client_id: str) -> dict[str, object]:
    """Rest an order far below the market and return it."""
    status, quote = venue.ask("GET", "/fapi/v1/ticker/bookTicker", {"symbol": "BTCUSDT"})
    assert status == 200, quote
    price = int(Decimal(quote["bidPrice"]) * 9 // 10)
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    terms |= {"price": str(price), "newClientOrderId": client_id}
    status, order = venue.ask("POST", "/fapi/v1/order", terms, signed=True)
    assert status == 200, order
    assert isinstance(order, dict)
    return order


def test_a_killed_exchange_goes_on_from_its_book_with_the_same_keys(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        assert [each["account"] for each in venue.ready["drawn"]] == ["paper"]
        order = limit_buy(venue, "resting")
        terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
        status, bought = venue.ask("POST", "/api/v3/order", terms, signed=True)
        assert status == 200, bought
        assert bought["status"] == "FILLED"
        before = venue.book()
        venue.process.send_signal(signal.SIGKILL)
        venue.process.wait()
    with running_venue(tmp_path) as venue:
        assert venue.ready["drawn"] == [], "keys are told once"
        status, found = venue.ask("GET", "/fapi/v1/order", {"symbol": "BTCUSDT", "origClientOrderId": "resting"}, True)
        assert status == 200, found
        assert (found["orderId"], found["status"]) == (order["orderId"], "NEW")
        after = venue.book()
        for part in ("accounts", "assets", "wallets", "orders", "trades", "income"):
            assert after[part] == before[part], part
        fresh = limit_buy(venue, "later")
        assert int(str(fresh["orderId"])) > int(str(order["orderId"])), "an id is never given twice"


def test_it_ends_orderly_when_it_is_told_to(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        venue.process.send_signal(signal.SIGTERM)
        assert venue.process.wait(timeout=20) == 0
        assert not (tmp_path / "venue" / "admin.sock").exists()


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    with running_venue(tmp_path):
        keys = tmp_path / "venue" / "keys.json"
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "venue" / "admin.sock").stat().st_mode) == 0o600
    keys.chmod(0o644)
    with pytest.raises(AssertionError, match="may be read by others"), running_venue(tmp_path):
        pass


def test_an_order_whose_answer_was_lost_is_on_the_book_and_one_held_before_is_not(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        done = venue.command("venue", "fault", "code-1007", "--calls", "POST *order", "--when", "after")
        assert done.returncode == 0, done.stderr
        with pytest.raises(AssertionError, match="-1007"):
            limit_buy(venue, "lost")
        assert [order["client_order_id"] for order in venue.book()["orders"]] == ["lost"]
        done = venue.command("venue", "fault", "status-503", "--calls", "POST *order", "--when", "before", "--json")
        assert json.loads(done.stdout)["left"] == 1
        with pytest.raises(AssertionError, match="Unknown error"):
            limit_buy(venue, "never")
        limit_buy(venue, "after-that-all-is-well")
        ids = [order["client_order_id"] for order in venue.book()["orders"]]
        assert ids == ["lost", "after-that-all-is-well"]


def test_faults_are_listed_and_cleared(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        venue.command("venue", "fault", "silence", "--calls", "btcusdt@*", "--for-ms", "600000")
        listed = json.loads(venue.command("venue", "fault", "--json").stdout)
        assert [each["injection"]["kind"] for each in listed["in_force"]] == ["silence"]
        assert json.loads(venue.command("venue", "fault", "clear", "--json").stdout) == {"cleared": 1}
        wrong = venue.command("venue", "fault", "earthquake")
        assert wrong.returncode == 3
        assert "earthquake" in wrong.stderr
        misfit = venue.command("venue", "fault", "drop", "--offset-ms", "3")
        assert misfit.returncode == 3
        assert "drop has no offset_ms" in misfit.stderr


def test_changed_filters_hold_at_once_and_are_listed(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        venue.command("venue", "fault", "filters-changed", "--symbol", "BTCUSDT", "--step-factor", "100")
        _, info = venue.ask("GET", "/fapi/v1/exchangeInfo")
        (listed,) = [each for each in info["symbols"] if each["symbol"] == "BTCUSDT"]
        (lot,) = [each for each in listed["filters"] if each["filterType"] == "LOT_SIZE"]
        assert Decimal(lot["stepSize"]) == Decimal("0.1")
        with pytest.raises(AssertionError, match=r"-1111|-4023"):
            limit_buy(venue, "of-a-hundredth")


def test_a_command_without_an_exchange_says_so(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        venue.process.send_signal(signal.SIGTERM)
        venue.process.wait(timeout=20)
        asked = venue.command("venue", "fault")
        assert asked.returncode == 3
        assert "No paper exchange answers" in asked.stderr
        assert venue.command("venue", "book").returncode == 0, "a book can be read when the exchange is down"


def test_a_second_exchange_on_the_same_book_is_refused(tmp_path: Path) -> None:
    with (
        running_venue(tmp_path),
        pytest.raises(AssertionError, match=r"[Aa]nother|in use|held"),
        running_venue(tmp_path),
    ):
        pass


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with running_venue(tmp_path / "one") as venue:
        port = str(venue.ready["port_spot"])
        with pytest.raises(AssertionError, match=port), running_venue(tmp_path / "two", "--port-spot", port):
            pass


def test_the_client_finds_everything_well_at_an_undisturbed_exchange(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        report = check(venue)
        assert report["ok"], report
        assert {(each["market"], each["what"]) for each in report["looks"]} == {
            (market, what)
            for market in ("spot", "usdm")
            for what in (*("clock", "filters", "account", "open orders", "market stream", "user stream", "order line"),)
        }
        assert venue.book()["orders"] == [], "a look opens nothing"
        filters = json.loads(venue.command("filters", "--json").stdout)
        assert [each["refreshes"] for each in filters["markets"]] == [1, 1]


def test_the_client_names_what_is_not_well(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        venue.command("venue", "fault", "garbled-body", "--calls", "GET /fapi/v1/exchangeInfo", "--count", "0")
        report = check(venue, "--market", "usdm")
        assert not report["ok"]
        assert [each["what"] for each in report["looks"] if not each["is_good"]] == ["filters"]


def test_a_silent_latch_lets_not_even_a_cancellation_out(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        engage(str(tmp_path / FILE_NAME), SILENT)
        report = check(venue, "--market", "usdm")
        (line,) = [each for each in report["looks"] if each["what"] == "order line"]
        assert not line["is_good"]
        assert report["latch"] == "silent"
        assert "latch" in line["told"]


def check(venue: VenueProcess, *options: str) -> Json:
    """Return the report of a look at the exchange."""
    ports = ("--port-spot", str(venue.ready["port_spot"]), "--port-usdm", str(venue.ready["port_usdm"]))
    done = venue.command("venue", "check", "--json", *ports, *options)
    assert done.returncode in (0, 1), done.stderr
    report: Json = json.loads(done.stdout)
    assert report["ok"] == (done.returncode == 0)
    return report
