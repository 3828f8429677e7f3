"""A run that skips what it could have tested fails."""

from pathlib import Path

import pytest

from tests.conftest import LACKS, recordings_are_missing, unfounded_skips

pytest_plugins = ["pytester"]


def absent() -> bool:
    return True


def present() -> bool:
    return False


def test_a_skip_for_a_real_lack_is_accepted() -> None:
    assert unfounded_skips(["needs recordings: none at ../shared/data"], {"needs recordings": absent}) == []


def test_a_skip_whose_cause_is_present_is_named() -> None:
    (finding,) = unfounded_skips(["needs recordings: none"], {"needs recordings": present})
    assert "nothing is lacking" in finding


def test_a_skip_that_names_no_lack_is_named() -> None:
    (finding,) = unfounded_skips(["did not feel like it"], LACKS)
    assert "no known lack" in finding


def test_recordings_are_looked_for_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_DATA", str(tmp_path))
    assert not recordings_are_missing()
    monkeypatch.setenv("INTERLOCK_DATA", str(tmp_path / "absent"))
    assert recordings_are_missing()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_fails_on_a_skip_whose_cause_is_present(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("INTERLOCK_DATA", str(pytester.path))
    pytester.makeconftest(Path(__file__).parent.parent.joinpath("conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import pytest
        def test_fine(): assert True
        def test_skipped(): pytest.skip("needs recordings: none here")
        """
    )
    result = pytester.runpytest_subprocess("-n", workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["1 tests ran, 1 were skipped, 1 needs recordings", "ERROR skipped, though nothing*"])


def test_a_run_passes_when_the_cause_of_its_skip_is_absent(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLOCK_DATA", str(pytester.path / "absent"))
    pytester.makeconftest(Path(__file__).parent.parent.joinpath("conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import pytest
        def test_fine(): assert True
        @pytest.mark.skipif(True, reason="needs recordings: none here")
        def test_skipped(): assert False
        """
    )
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["1 tests ran, 1 were skipped, 1 needs recordings"])
