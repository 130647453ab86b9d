"""What can be written instead of a question: `/word` and `!command`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """`/name`. `action` is what the screen does; one that `takes` something gets it as its argument."""

    name: str
    about: str
    action: str
    takes: str = ""


COMMANDS = (
    Command("copy", "copy the last answer", "copy_answer"),
    Command("cost", "what the speed is worth, in money and time", "app.cost"),
    Command("edit", "write the last question anew", "edit_last"),
    Command("editor", "write in $EDITOR", "write_in_editor"),
    Command("export", "save the conversation as markdown", "export", takes="FILE"),
    Command("find", "search the conversation", "find", takes="TEXT"),
    Command("help", "all keys and commands", "app.help"),
    Command("mode", "what is asked first, such as plan or auto-edit", "mode", takes="MODE"),
    Command("models", "choose, pull and switch models", "app.models"),
    Command("new", "a new conversation", "new_conversation"),
    Command("origins", "which drafter each word came from", "origins"),
    Command("quit", "leave coder", "app.quit"),
    Command("review", "decide about the changes of the working tree", "app.review"),
    Command("retry", "answer the last question again", "retry_last"),
    Command("sessions", "earlier sessions, to go on with", "app.sessions"),
    Command("stats", "speculation as plots", "speculation"),
    Command("theme", "choose the colours", "app.theme", takes="NAME"),
    Command("undo", "take the last change back", "undo"),
)


def command_in(text: str) -> tuple[str, str] | None:
    """(name, argument) of what is written as a command, whether or not there is such a one."""
    if not text.startswith("/") or text[1:2].isspace():
        return None
    word, _, argument = text[1:].partition(" ")
    return (word, argument.strip()) if word.isalpha() and "\n" not in text else None


def find_command(name: str) -> Command | None:
    """The command called so, or the only one that begins so."""
    matching = [command for command in COMMANDS if command.name.startswith(name)]
    exact = next((command for command in matching if command.name == name), None)
    return exact or (matching[0] if len(matching) == 1 else None)
