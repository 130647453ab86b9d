"""Keys that can also be clicked on."""

from textual.message import Message
from textual.widgets import Static


class Choice(Static):
    """A click on `[@click=choose('action')]` asks the widget around it to do what the key does."""

    class Chosen(Message):
        """The user clicked on this action."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def action_choose(self, action: str) -> None:
        self.post_message(self.Chosen(action))
