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
    # These break lines where nobody counts them, or are not seen at all: tags can carry a hidden text.
    **dict.fromkeys([0x2028, 0x2029], "\N{SYMBOL FOR NEWLINE}"),
    **dict.fromkeys([0xFEFF, 0x2060, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)], None),
}


def visible(text: str) -> str:
    """`text` with control characters shown as symbols, newlines and tabs kept."""
    return text.translate(_CONTROLS)
