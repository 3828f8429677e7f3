"""The tree is that of RFC 6962: the same roots as other implementations, however the leaves arrive."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.journal.evidence import merkle_root
from interlock.journal.tree import ROOT_EMPTY, Tree, leaf_hash, root_of
from tests.recordings import recording

# Roots of a log whose entry i is {"seq":i,"type":"order.intent"}, made by another implementation.
ROOTS = {
    1: "QQ4mC0Af0QMjznkWWLlxNvecmgZwYyt6Fq3gaclu6dc=",
    2: "2n6HIHo9gLWIFXFKDkbzSv+g+9bU0ZAU9NFr5VHwWQQ=",
    3: "VFy3rl030CQGaaCm1bxA0UqylX0hzv61bEO+L74QNrA=",
    255: "bNGR9xCsaDvrkkGJp8XgiPIGCQQcTkxfeUzeTP3qlik=",
    256: "WczFqIfUptrDQpJ8osy3PU5uSE7K7mSm6LIXAZcrNGo=",
    257: "k+2HZoL1dGFMGBLZn8kV+qB7hjnuF8vBz/T28T0YmZA=",
    600: "y/eLz5hVFSzPG2s5T6/zswOXFI2oWshdCwZyfySk7ls=",
}


def entry(number: int) -> bytes:
    return b'{"seq":%d,"type":"order.intent"}' % number


def golden_log() -> Path:
    return recording("tlog-vectors") / "golden-log"


@pytest.mark.parametrize("size", ROOTS)
def test_the_root_is_the_one_other_implementations_compute(size: int) -> None:
    assert root_of([leaf_hash(entry(number)) for number in range(size)]) == base64.b64decode(ROOTS[size])


def test_a_tree_grown_leaf_by_leaf_has_every_known_root_on_its_way() -> None:
    tree = Tree()
    for number in range(600):
        tree = tree.extended([leaf_hash(entry(number))])
        if tree.size in ROOTS:
            assert tree.root() == base64.b64decode(ROOTS[tree.size])


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert Tree().root() == ROOT_EMPTY == merkle_root([])


def test_the_golden_log_of_another_project_has_the_roots_that_its_checkpoints_say() -> None:
    checkpoints = sorted(golden_log().rglob("checkpoint.*"))
    bundle = next(golden_log().rglob("entries/000.p/15")).read_bytes()
    leaves = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(leaf_hash(bundle[2 : 2 + length]))
        bundle = bundle[2 + length :]
    assert len(checkpoints) >= 15
    for checkpoint in checkpoints:
        size, root = checkpoint.read_text().splitlines()[1:3]
        assert root_of(leaves[: int(size)]) == base64.b64decode(root)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_how_leaves_are_grouped_does_not_change_the_root(groups: list[int]) -> None:
    tree, leaves = Tree(), list[bytes]()
    for count in groups:
        fresh = [leaf_hash(entry(len(leaves) + place)) for place in range(count)]
        before = (tree.size, tree.root())
        grown = tree.extended(fresh)
        assert (tree.size, tree.root()) == before
        tree = grown
        leaves += fresh
        assert (tree.size, tree.root()) == (len(leaves), merkle_root(leaves))
