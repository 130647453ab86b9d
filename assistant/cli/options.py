"""Options that several commands share."""

from typing import Annotated

import typer

ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="A pulled model, or the path of a .gguf file."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
ContextOption = Annotated[
    int | None,
    typer.Option("--context", metavar="TOKENS", min=256, help="Context size; memory grows with it."),
]
