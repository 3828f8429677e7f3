"""What is wrong in a configuration file, all of it at once."""

from msgspec import Struct

from interlock.units.faults import Fault

SHOWN_MAX = 50
_LAST = 1_000_000_000


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong in a configuration file.

    `key` is the dotted key, empty when it is about the file as a whole. `value` is what stands there, as text.
    `allowed` finishes the sentence "allowed is ...". `suggestion` is what to write instead, empty when none is known.
    `line` counts from 1, None when the place is not known for certain.
    """

    file: str
    key: str
    value: str
    allowed: str
    suggestion: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        subject = f"{self.key} is {self.value}" if self.key else self.value
        advice = f" {self.suggestion}" if self.suggestion else ""
        return f"{place}: {subject}; allowed is {self.allowed}.{advice}"


class ConfigurationFault(Fault):
    """A configuration file that cannot be used. `problems` are in the order of the file; nothing was applied."""

    def __init__(self, what: str, hint: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(what, hint)
        self.problems = problems


def fault_of(file: str, problems: tuple[Problem, ...], reference: str) -> ConfigurationFault:
    """Return the fault that tells the problems, one a line; it holds them all, and writes out the first."""
    assert problems, "a fault needs a problem"
    problems = tuple(sorted(problems, key=lambda problem: problem.line or _LAST))
    count = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
    lines = "\n".join(f"  {problem}" for problem in problems[:SHOWN_MAX])
    if len(problems) > SHOWN_MAX:
        lines += f"\n  ... and {len(problems) - SHOWN_MAX} more"
    return ConfigurationFault(
        f"{file} has {count}, and nothing of it was applied:\n{lines}",
        f"Correct {'it' if len(problems) == 1 else 'them'}; {reference} lists every key with what is allowed.",
        problems,
    )
