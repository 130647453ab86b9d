class SettingsError(ValueError):
    """A settings file that cannot be understood."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
