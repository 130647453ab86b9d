"""How blocks and words look: by their names, as styles that a theme gives its colours to."""

_STYLES = {
    "h1": "bold $primary",
    "h2": "underline $primary",
    "h3": "bold $primary",
    "h4": "bold underline",
    "h5": "bold",
    "h6": "bold $foreground 60%",
    "paragraph": "",
    "code": "on $foreground 5%",
    "table": "",
    "rule": "$secondary",
    "lead": "$text-primary",
    "header": "bold $primary",
    "faint": "$foreground 20%",
    "strong": "bold",
    "em": "italic",
    "s": "strike",
    "link": "underline",
    "code_inline": "$text-warning 95% on $warning 10%",
    "marked": "on $warning 20%",
}
# The sixteen colours of a terminal cannot be mixed.
_OF_TERMINAL = {"code": "", "code_inline": "$text-warning", "faint": "", "h6": "bold", "marked": "reverse"}


def style_called(name: str, *, ansi: bool) -> str:
    """What a name stands for; what is no name stands for itself."""
    styles = _STYLES | _OF_TERMINAL if ansi else _STYLES
    return styles.get(name, name)
