"""The paper exchange as a process: what it says, what it remembers when it is killed, and how it misbehaves."""

import json
import resource
import signal
import stat
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from interlock.ports.latch import SILENT
from interlock.runtime.latch import FILE_NAME, engage
from tests.venue_process import INTERLOCK, Json, VenueProcess, running_venue


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


def last_shown(venue: VenueProcess, path: str = "/fapi/v1") -> tuple[Decimal, int, int]:
    """Return (bid, id of the last update, id of the last trade) of BTCUSDT."""
    _, quote = venue.ask("GET", f"{path}/ticker/bookTicker", {"symbol": "BTCUSDT"})
    _, depth = venue.ask("GET", f"{path}/depth", {"symbol": "BTCUSDT", "limit": 5})
    _, traded = venue.ask("GET", f"{path}/trades", {"symbol": "BTCUSDT", "limit": 1})
    return Decimal(quote["bidPrice"]), depth["lastUpdateId"], traded[-1]["id"] if traded else 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_after_a_restart_the_market_goes_on_from_where_it_stood(tmp_path: Path, ending: signal.Signals) -> None:
    # Three hours of the feed lie behind, so that the price is not the one it began with.
    with running_venue(tmp_path, "--history-min", "180") as venue:
        shown = {path: last_shown(venue, path) for path in ("/fapi/v1", "/api/v3")}
        venue.process.send_signal(ending)
        venue.process.wait(timeout=20)
    with running_venue(tmp_path) as venue:
        for path, (bid, update_id, trade_id) in shown.items():
            bid_after, update_after, trade_after = last_shown(venue, path)
            assert abs(bid_after - bid) / bid < Decimal("0.001"), "within what some seconds can move it"
            assert abs(bid - 60_000) > 60, "it had gone somewhere"
            assert update_after > update_id
            assert trade_after == 0 or trade_after > trade_id


def test_at_an_orderly_end_it_is_kept_where_the_market_stood_last(tmp_path: Path) -> None:
    with running_venue(tmp_path, "--speed", "200") as venue:
        _, update_id, trade_id = last_shown(venue)
        venue.process.send_signal(signal.SIGTERM)
        assert venue.process.wait(timeout=20) == 0
    kept = json.loads((tmp_path / "venue" / "market.json").read_text())["markets"]["usdm"]["standing"]
    assert kept["symbols"]["BTCUSDT"]["update_id"] >= update_id
    assert kept["symbols"]["BTCUSDT"]["trade_id"] >= trade_id


def test_another_feed_is_refused_unless_a_new_market_is_wanted(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        _, update_id, _ = last_shown(venue)
    told = r"seed 1; .*seed 2 is another.*--new-market"
    with pytest.raises(AssertionError, match=told), running_venue(tmp_path, "--seed", "2"):
        pass
    with running_venue(tmp_path, "--seed", "2", "--new-market") as venue:
        assert last_shown(venue)[1] > update_id, "ids are not used again"
    with running_venue(tmp_path, "--seed", "2"):
        pass


def test_a_damaged_market_file_is_told_of_and_nothing_is_started(tmp_path: Path) -> None:
    with running_venue(tmp_path):
        pass
    (tmp_path / "venue" / "market.json").write_text("{")
    done = subprocess.run([INTERLOCK, "--state", str(tmp_path), "venue"], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "market.json cannot be read" in done.stderr


def test_a_history_is_there_from_the_start(tmp_path: Path) -> None:
    with running_venue(tmp_path, "--history-min", "30") as venue:
        _, klines = venue.ask("GET", "/api/v3/klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 1_000})
        assert 30 <= len(klines) <= 32
        _, day = venue.ask("GET", "/fapi/v1/ticker/24hr", {"symbol": "ETHUSDT"})
        assert day["count"] > 1_000
        assert limit_buy(venue, "resting")["status"] == "NEW"
    with pytest.raises(AssertionError, match="0 to 10080"), running_venue(tmp_path, "--history-min", "10081"):
        pass


def test_keys_are_told_until_a_start_succeeded_in_telling_them(tmp_path: Path) -> None:
    with running_venue(tmp_path / "other") as other:
        taken = str(other.ready["port_spot"])
        with pytest.raises(AssertionError, match=taken), running_venue(tmp_path / "own", "--port-spot", taken):
            pass
    keys = tmp_path / "own" / "venue" / "keys.json"
    drawn = json.loads(keys.read_text())["accounts"]
    with running_venue(tmp_path / "own") as venue:
        assert [each["key"] for each in venue.ready["drawn"]] == [each["key"] for each in drawn]
        venue.process.send_signal(signal.SIGTERM)
        venue.process.wait(timeout=20)
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    with running_venue(tmp_path / "own") as venue:
        assert venue.ready["drawn"] == []


def test_a_book_that_cannot_be_written_ends_it_with_the_code_of_storage(tmp_path: Path) -> None:
    with running_venue(tmp_path) as venue:
        resource.prlimit(venue.process.pid, resource.RLIMIT_FSIZE, (4_096, 4_096))
        with pytest.raises((AssertionError, OSError)):
            limit_buy(venue, "never-acknowledged")
        assert venue.process.wait(timeout=20) == 4
    assert venue.command("venue", "book").returncode == 0, "what was acknowledged can still be read"
