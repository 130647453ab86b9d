"""Options that several commands share."""

from typing import Annotated, TypedDict

import typer

from assistant.engine.options import FlashAttention, KvType

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
ResumeOption = Annotated[
    str | None, typer.Option("--resume", metavar="ID", help="Go on with a session: its id, or `last`.")
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
    KvType | None,
    typer.Option(
        "--kv-type",
        help="Of the KV cache: a smaller type takes less memory and changes the text a little.",
    ),
]
FlashAttentionOption = Annotated[
    FlashAttention | None,
    typer.Option(
        "--flash-attention",
        help="By default off on a CPU, where drafts are then verified sooner.",
    ),
]


class ModelOptions(TypedDict):
    """Which model of this machine is loaded, and how; None where the command line does not say."""

    model: str | None
    draft: str | None
    context: int | None
    kv_type: KvType | None
    flash_attention: FlashAttention | None
