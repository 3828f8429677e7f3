"""Where the recorded market data is, and how to compare what was read from it."""

import os
from pathlib import Path

import numpy as np
import pytest

from interlock.market.recordings.columns import Depth, Marks, Quotes, Recording, Trades
from interlock.market.recordings.tables import column_types

_REPOSITORY = Path(__file__).resolve().parent.parent


def recording(name: str) -> Path:
    """Return the folder of a recorded data set by name; the test is skipped where the data is absent."""
    named = os.environ.get("INTERLOCK_DATA")
    data = Path(named) if named else _REPOSITORY.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("needs recordings: set INTERLOCK_DATA to the folder that holds the recorded data sets")
    return data / name


def assert_same_ticks(left: Recording, right: Recording) -> None:
    """Assert that two recordings hold the same symbol, source and columns, types included."""
    assert (left.source, left.symbol) == (right.source, right.symbol)
    columns: dict[str, dict[str, type[np.generic]]] = {
        "quotes": column_types(Quotes),
        "trades": column_types(Trades),
        "depth": column_types(Depth),
        "marks": column_types(Marks),
    }
    for table, types in columns.items():
        for column, of in types.items():
            one, other = getattr(getattr(left, table), column), getattr(getattr(right, table), column)
            assert one.dtype == other.dtype == of, (table, column)
            np.testing.assert_array_equal(one, other, err_msg=f"{table}.{column}")
