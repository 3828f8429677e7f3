"""The one shape in which an exchange says no."""


class ExchangeError(Exception):
    """A refusal in the venue's words: its code and text, and the HTTP status it travels under.

    `data` is what some refusals carry beside it (a cancel-replace's two halves), as plain JSON values.
    """

    def __init__(self, code: int, text: str, status: int = 400, data: object = None) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.data = data


class NoAnswer(Exception):
    """The request's connection is to end without an answer: what a drop or a reset looks like from outside."""

    def __init__(self, is_reset: bool) -> None:
        super().__init__("reset" if is_reset else "dropped")
        self.is_reset = is_reset
