"""Text from a model or a file, made safe to show: control characters cannot reach the terminal."""

_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t\r"} | {
    ord("\r"): None,
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),  # file names that are no UTF-8
    # These turn the direction of writing, so that text reads otherwise than it is.
    **dict.fromkeys(
        [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
        "\N{REPLACEMENT CHARACTER}",
    ),
    # These break lines where nobody counts them.
    **dict.fromkeys([0x2028, 0x2029], "\N{SYMBOL FOR NEWLINE}"),
    # These are not seen at all: they can carry a hidden text, which a model reads, or hide that two names
    # differ. Joiners and the selectors of emoji stay, for scripts need them.
    **dict.fromkeys(
        [
            *(0xAD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, 0x3164, 0xFEFF, 0xFFA0),
            *(*range(0x2060, 0x2065), *range(0x206A, 0x2070), *range(0xFFF0, 0xFFFC)),
            *(*range(0x1D173, 0x1D17B), *range(0xE0000, 0xE0FFF)),
        ],
        "\N{REPLACEMENT CHARACTER}",
    ),
}


def visible(text: str) -> str:
    """`text` with control characters shown as symbols, newlines and tabs kept."""
    return text.translate(_CONTROLS)
