"""UTC nanoseconds as integers, and their text. No clock is read here."""

NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
_S_PER_DAY = 86_400


def _civil(day: int) -> tuple[int, int, int]:
    """Return (year, month, day) of a day counted from 1970-01-01, in the proleptic Gregorian calendar."""
    day += 719_468
    era, of_era = divmod(day, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def utc_text(at_ns: int) -> str:
    """Return `2024-08-08 23:54:15.030314667Z` for a time in nanoseconds since the epoch."""
    seconds, nanoseconds = divmod(at_ns, NS_PER_S)
    day, second = divmod(seconds, _S_PER_DAY)
    year, month, of_month = _civil(day)
    hour, rest = divmod(second, 3_600)
    return f"{year:04d}-{month:02d}-{of_month:02d} {hour:02d}:{rest // 60:02d}:{rest % 60:02d}.{nanoseconds:09d}Z"


def utc_text_ms(at_ns: int) -> str:
    """Return the time to the millisecond, as people read it: `2024-08-08 23:54:15.030Z`."""
    return utc_text(at_ns)[:23] + "Z"


def duration_text(duration_ns: int) -> str:
    """Return a duration in the largest fitting unit: `4 h 0 min`, `12.5 s`, `37.2 ms`."""
    tenths = abs(duration_ns) // 100_000
    sign = "-" if duration_ns < 0 else ""
    if tenths < 10_000:
        return f"{sign}{tenths // 10}.{tenths % 10} ms"
    tenths //= 1_000
    if tenths < 1_200:
        return f"{sign}{tenths // 10}.{tenths % 10} s"
    minutes, second = divmod(tenths // 10, 60)
    if minutes < 120:
        return f"{sign}{minutes} min {second} s"
    return f"{sign}{minutes // 60} h {minutes % 60} min"
