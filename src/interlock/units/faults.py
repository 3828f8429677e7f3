"""The one shape of an error that a person meets: what happened, and what to do."""


class Fault(Exception):
    """Something a user or operator can meet and act on.

    `what` is one sentence: what happened, in numbers and names, and what was not done. `hint` is one sentence: what to
    do next. Subclasses name the family, so that a program can tell them apart without reading the text.
    """

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\nhint: {self.hint}"
