from roman import from_roman, to_roman

assert to_roman(14) == "XIV", to_roman(14)
assert [from_roman(to_roman(number)) for number in (1, 4, 1994, 3999)] == [1, 4, 1994, 3999]
for wrong in ("IIII", "IVX", ""):
    try:
        from_roman(wrong)
    except ValueError:
        pass
    else:
        raise AssertionError(wrong + " was taken")
