"""How a call is written: what stands before the tool's name, between it and its arguments, and behind.

Hermes' is that of the ChatML models (Qwen, Hermes, SmolLM2), DeepSeek's are those of its own chat templates.
One bare JSON object is what is asked of models that were taught none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ToolFormatName = Literal["json", "hermes", "deepseek-v3", "deepseek-v3.1"]


@dataclass(frozen=True, slots=True)
class ToolFormat:
    """A call is `before`, name, `between`, the arguments as a JSON object, `after`. `result` is how the
    model is shown what came of it, with the text for `{}`."""

    before: str
    between: str
    after: str
    result: str = "{}"

    def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The call as a model writes it."""
        return f"{self.before}{name}{self.between}{json.dumps(arguments, ensure_ascii=False)}{self.after}"

    def observation(self, text: str) -> str:
        """What the model is told of a result."""
        return self.result.replace("{}", text, 1)


FORMATS: dict[ToolFormatName, ToolFormat] = {
    "json": ToolFormat('{"name": "', '", "arguments": ', "}", "Result:\n{}"),
    "hermes": ToolFormat(
        '<tool_call>\n{"name": "',
        '", "arguments": ',
        "}\n</tool_call>",
        "<tool_response>\n{}\n</tool_response>",
    ),
    "deepseek-v3": ToolFormat(
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>",
        "\n```json\n",
        "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "<｜tool▁output▁begin｜>{}<｜tool▁output▁end｜>",
    ),
    "deepseek-v3.1": ToolFormat(
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>",
        "<｜tool▁sep｜>",
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "<｜tool▁output▁begin｜>{}<｜tool▁output▁end｜>",
    ),
}
