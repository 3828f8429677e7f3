import pytest

from interlock.units.faults import Fault
from interlock.venues.binance.endpoints import Environment, LiveRefused, Place, endpoints_of


def test_live_is_refused_and_names_all_that_is_missing() -> None:
    with pytest.raises(LiveRefused) as refused:
        endpoints_of("live")
    for missing in ("EXE-10", "CTL-5", "CTL-6", "SEC-1", "SEC-3", "STR-7"):
        assert missing in refused.value.what


def test_paper_is_where_it_is_said_to_be_and_nowhere_by_default() -> None:
    spot, usdm = Place("127.0.0.1", 8010, False), Place("127.0.0.1", 8011, False)
    found = endpoints_of("paper", spot, usdm)
    assert found.environment is Environment.PAPER
    assert {found.spot, found.spot_streams, found.spot_socket_api} == {spot}
    assert {found.usdm, found.usdm_streams} == {usdm}
    for places in ((), (spot,)):
        with pytest.raises(Fault, match="hosts and ports"):
            endpoints_of("paper", *places)


def test_the_testnet_is_reached_over_tls_only() -> None:
    found = endpoints_of("testnet")
    places = (found.spot, found.usdm, found.spot_streams, found.usdm_streams, found.spot_socket_api)
    assert all(place.is_tls and "testnet" in place.host + "testnet." for place in places)


def test_any_other_word_is_a_fault_that_names_what_is_allowed() -> None:
    with pytest.raises(Fault, match="paper, testnet and live"):
        endpoints_of("demo")


@pytest.mark.parametrize(
    ("place", "authority"),
    [
        (Place("a.example", 443, True), "a.example"),
        (Place("a.example", 443, False), "a.example:443"),
        (Place("127.0.0.1", 80, False), "127.0.0.1"),
        (Place("::1", 8010, False), "[::1]:8010"),
    ],
)
def test_the_host_header_leaves_out_the_usual_port(place: Place, authority: str) -> None:
    assert place.authority == authority
