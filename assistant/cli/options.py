"""Options that several commands share."""

from typing import Annotated, Literal

import typer

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="A pulled model, or the path of a .gguf file."),
]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="An OpenAI-compatible server that runs the model, or its profile; prompts are sent there.",
    ),
]
DraftOption = Annotated[
    str | None,
    typer.Option(
        "--draft", metavar="FILE|off", help="A draft's .gguf instead of the model's own, or off for none."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
TestOption = Annotated[
    str | None, typer.Option("--test", metavar="CMD", help="A command that must pass in the end.")
]
TestTimeoutOption = Annotated[
    float | None,
    typer.Option("--test-timeout", metavar="SECONDS", min=0.1, help="When a test run is stopped."),
]
BudgetOption = Annotated[
    float | None, typer.Option("--budget", metavar="SECONDS", min=0.1, help="Stop after this time.")
]
ContextOption = Annotated[
    int | None,
    typer.Option("--context", metavar="TOKENS", min=256, help="Context size; memory grows with it."),
]
KvTypeOption = Annotated[
    Literal["F32", "F16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"] | None,
    typer.Option(
        "--kv-type",
        help="Of the KV cache: a smaller type takes less memory and changes the text a little.",
    ),
]
FlashAttentionOption = Annotated[
    Literal["auto", "on", "off"] | None,
    typer.Option(
        "--flash-attention",
        help="By default off on a CPU, where drafts are then verified sooner.",
    ),
]
