"""What can be set, and what each setting means."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

from assistant.catalog.edit_format import EditFormat
from assistant.engine.options import FlashAttention, KvType

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Seconds = Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=2000)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _switch_or_path(value: object) -> bool | str:
    if value in ("on", "off"):
        return value == "on"
    if isinstance(value, bool) or (isinstance(value, str) and value):
        return value
    raise ValueError("it should be on, off, or the path of a GGUF file")


class Table(BaseModel):
    """A table of a settings file: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Engine(Table):
    """A server that speaks the OpenAI interface. Its key is read from the environment variable
    `key_variable`: keys do not belong into files. `edit_format` is how its model is to write changes."""

    url: Url
    model: str | None = None
    key_variable: Variable | None = None
    edit_format: EditFormat | None = None


class McpServer(Table):
    """A program that is started (`command`, its words) or a server that is spoken to (`url`). `tools` None
    takes all that it offers; those in `read` only read, and need no consent. In `env`, `$NAME` stands for
    coder's own variable. One that is not `confined` has network, and writes anywhere."""

    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(default=None, strict=False)
    url: Url | None = None
    env: Mapping[Variable, str] = Field(default_factory=dict)
    timeout_s: Seconds = 30.0
    tools: tuple[str, ...] | None = Field(default=None, strict=False)
    read: tuple[str, ...] = Field(default=(), strict=False)
    confined: bool = True

    @model_validator(mode="after")
    def _is_one_of_two(self) -> "McpServer":
        if (self.command is None) == (self.url is None):
            raise ValueError("it needs either a command or a url")
        return self


class AppSettings(Table):
    """The terminal app. `keys` maps what is done to the keys that do it."""

    theme: str | None = None
    keys: Mapping[str, str] = Field(default_factory=dict)


class Settings(Table):
    """None leaves it to coder."""

    model: str | None = None
    """A model's name, or the path of a GGUF file."""
    context: int | None = Field(default=None, ge=256)
    """Tokens."""
    kv_type: KvType | None = None
    flash_attention: FlashAttention | None = None
    draft: Annotated[bool | str, PlainValidator(_switch_or_path)] = True
    """Whether the model's draft is loaded with it; or the path of another's GGUF file."""
    mode: Literal["ask", "auto-edit", "full", "read-only", "plan"] = "ask"
    """What the agent may do without asking."""
    test: str | None = None
    """The command that must pass in the end; empty for none."""
    test_timeout: Seconds = 120.0
    budget: Seconds | None = None
    """Seconds that one task may take."""
    history: bool = True
    """Whether answers are kept on this machine, to draft from later, and their counters for `coder stats`."""
    engine: Mapping[Name, Engine] = Field(default_factory=dict)
    mcp: Mapping[Name, McpServer] = Field(default_factory=dict)
    app: AppSettings = AppSettings()


# What a key of two or more words lies in, by the first of them.
TABLES: Mapping[str, type[Table]] = {"engine": Engine, "mcp": McpServer, "app": AppSettings}
SINGLE_KEYS = (*(key for key in Settings.model_fields if key not in TABLES), "app.theme")
"""Keys that have one value, and so also a variable in the environment and a default."""
