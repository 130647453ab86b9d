"""Settings from lines of `section.name = value`, with comments, defaults and types."""


def parse(text):
    settings = {}
    number = 0
    for line in text.split("\n"):
        number = number + 1
        line = line.strip()
        if line == "":
            continue
        if line[0] == "#":
            continue
        if "=" not in line:
            raise ValueError("line " + str(number) + ": no =")
        key = line.split("=")[0].strip()
        value = "=".join(line.split("=")[1:]).strip()
        if "." not in key:
            raise ValueError("line " + str(number) + ": no section")
        section = key.split(".")[0]
        name = ".".join(key.split(".")[1:])
        if section not in settings:
            settings[section] = {}
        if value == "true":
            value = True
        elif value == "false":
            value = False
        elif value.isdigit():
            value = int(value)
        elif value.startswith('"') and value.endswith('"'):
            value = value[1:-1]
        settings[section][name] = value
    return settings


def get(settings, key, default=None):
    section = key.split(".")[0]
    name = ".".join(key.split(".")[1:])
    if section in settings:
        if name in settings[section]:
            return settings[section][name]
        else:
            return default
    else:
        return default


def dump(settings):
    text = ""
    for section in settings:
        for name in settings[section]:
            value = settings[section][name]
            if value is True:
                value = "true"
            elif value is False:
                value = "false"
            elif type(value) is str:
                value = '"' + value + '"'
            text = text + section + "." + name + " = " + str(value) + "\n"
    return text
