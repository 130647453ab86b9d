"""Sizes in bytes as people read them."""

_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def as_size(count: float) -> str:
    """Bytes with three digits, in powers of ten: `4.08 GB`, `14.0 GB`, `39.7 MB`."""
    for unit, name in _UNITS:
        if count >= 0.9995 * unit:
            value = count / unit
            decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{decimals}f} {name}"
    return f"{count:.0f} bytes"
