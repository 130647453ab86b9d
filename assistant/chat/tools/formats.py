"""How a call is written: what stands before the tool's name, between it and its arguments, and behind.

Hermes' is that of the ChatML models (Qwen, Hermes, SmolLM2), DeepSeek's are those of its own chat templates
and, from V3.2 on, of its encoders. One bare JSON object is what is asked of models that were taught none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from assistant.chat.tools import dsml

ToolFormatName = Literal["json", "hermes", "deepseek-v3", "deepseek-v3.1", "deepseek-v3.2", "deepseek-v4"]


@dataclass(frozen=True, slots=True)
class ToolFormat:
    """A call is `before`, name, `between`, the arguments, `after`. `result` is how the model is shown what
    came of it, with the text for `{}`. The `arguments` are one JSON object, or DSML."""

    before: str
    between: str
    after: str
    result: str = "{}"
    arguments: Literal["json", "dsml"] = "json"

    def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The call as a model writes it."""
        inner = (
            dsml.written(arguments) if self.arguments == "dsml" else json.dumps(arguments, ensure_ascii=False)
        )
        return f"{self.before}{name}{self.between}{inner}{self.after}"

    def observation(self, text: str) -> str:
        """What the model is told of a result."""
        return self.result.replace("{}", text, 1)


def _dsml(block: str, result: str) -> ToolFormat:
    """V3.2 and V4 name the block of calls, and what came of them, differently."""
    return ToolFormat(
        f'<｜DSML｜{block}>\n{dsml.BEGINS} name="',
        '">',
        f"\n</｜DSML｜invoke>\n</｜DSML｜{block}>",
        result,
        arguments="dsml",
    )


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
    "deepseek-v3.2": _dsml("function_calls", "<function_results>\n<result>{}</result>\n</function_results>"),
    "deepseek-v4": _dsml("tool_calls", "<tool_result>{}</tool_result>"),
}
