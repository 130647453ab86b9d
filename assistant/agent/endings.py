"""How a task ended, in words for the user."""

from collections.abc import Mapping

from assistant.agent.events import Status

ENDINGS: Mapping[Status, str] = {
    "done": "Done.",
    "nothing to do": "There is nothing to do.",
    "proposed": "Nothing was written.",
    "not achieved": "Not achieved. The files are as they were.",
    "step limit": "Not achieved: all steps are used up.",
    "repetition": "Not achieved: the model went round in circles.",
    "no call": "Not achieved: the model wrote no tool call that can be read.",
    "context full": "Not achieved: the model's context is full.",
    "refused": "Refused.",
    "out of budget": "The time budget is spent; what was written stays.",
    "cancelled": "Interrupted; what was written stays.",
}
