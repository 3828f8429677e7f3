import pytest

from interlock.views.difference import Place, first_difference


@pytest.mark.parametrize(
    ("recorded", "decided", "place"),
    [
        (
            b'{"a":1,"b":[1,{"c":"x"}]}',
            b'{"a":1,"b":[1,{"c":"y"}]}',
            Place(path="$.b[1].c", recorded='"x"', decided='"y"'),
        ),
        (b'{"b":[1]}', b'{"b":[1,2]}', Place(path="$.b[1]", recorded=None, decided="2")),
        (b'{"b":[1,2]}', b'{"b":[1]}', Place(path="$.b[1]", recorded="2", decided=None)),
        (b'{"a":1}', b'{"a":1,"z":null}', Place(path="$.z", recorded=None, decided="null")),
        (b'{"a":1}', b'{"a":true}', Place(path="$.a", recorded="1", decided="true")),
        (b'{"a":[]}', b'{"a":{}}', Place(path="$.a", recorded="[]", decided="{}")),
        (b'{"a": 1}', b'{"a":1}', Place(path="$", recorded='{"a": 1}', decided='{"a":1}')),
    ],
)
def test_the_first_place_that_differs_is_named(recorded: bytes, decided: bytes, place: Place) -> None:
    assert first_difference(recorded, decided) == place


def test_only_the_first_of_several_differences_is_named() -> None:
    assert first_difference(b'{"a":1,"b":2}', b'{"a":3,"b":4}').path == "$.a"
