from settings.errors import SettingsError
from settings.parse import parse

found = parse("[db]\n# where\nurl = 'host?a=1&b=2'\nname=x\n")
assert found == {"db": {"url": "host?a=1&b=2", "name": "x"}}, found
try:
    parse("x = 1\nnonsense\n")
except SettingsError as error:
    assert str(error) == "line 2: there is no = in it", error
else:
    raise AssertionError("nonsense was taken")
