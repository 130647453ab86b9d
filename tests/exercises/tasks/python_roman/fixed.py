"""Roman numerals, from 1 to 3999."""

SIGNS = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"),
    (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)


def to_roman(number):
    """The numeral of a number."""
    if not 1 <= number <= 3999:
        raise ValueError("out of range: " + str(number))
    numeral = ""
    for value, sign in SIGNS:
        while number >= value:
            numeral += sign
            number -= value
    return numeral


def from_roman(numeral):
    """The number of a numeral. Raises ValueError for what is none."""
    number = 0
    rest = numeral
    for value, sign in SIGNS:
        while rest.startswith(sign):
            number += value
            rest = rest[len(sign):]
    if rest or to_roman(number) != numeral:
        raise ValueError("no numeral: " + numeral)
    return number
