"""All checks, run one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.doctor import inference, models, network, python, repository, storage, terminal
from assistant.doctor.check import Check, Status, failure
from assistant.errors import CoderError, ExitCode


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that belong together."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What all groups found."""

    groups: tuple[Group, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(check for group in self.groups for check in group.checks)

    @property
    def status(self) -> Status:
        """The worst of all."""
        found = {check.status for check in self.checks}
        return "failed" if "failed" in found else "warning" if "warning" in found else "ok"

    @property
    def exit_code(self) -> ExitCode:
        failed = {check.name for check in self.checks if check.status == "failed"}
        if failed & {"model in use", "memory"} and "library" not in failed:  # without it none can be used
            return ExitCode.NO_MODEL
        return ExitCode.NOT_ACHIEVED if failed else ExitCode.DONE


Examination = Callable[[], Check]
GROUPS: tuple[tuple[str, tuple[Examination, ...]], ...] = (
    ("Python", (python.interpreter, python.training_extra)),
    ("Inference", (inference.library, inference.processor, inference.devices, inference.network_drafts)),
    ("Models", (models.model_in_use, models.memory, models.model_files)),
    ("Storage", (storage.disk, storage.folders)),
    ("Repository", (repository.git, repository.work_tree, repository.sandbox)),
    ("Terminal", (terminal.screen, terminal.colours, terminal.characters, terminal.clipboard)),
    ("Network", (network.proxies, network.model_hub)),
)


def examine(groups: Sequence[tuple[str, Sequence[Examination]]] = GROUPS) -> Report:
    """Run the checks; one that itself breaks has failed. Takes about a second."""
    return Report(tuple(Group(title, tuple(map(_run, checks))) for title, checks in groups))


def _run(examination: Examination) -> Check:
    name = examination.__name__.replace("_", " ")
    try:
        return examination()
    except CoderError as error:
        return failure(name, error)
    except Exception as fault:  # noqa: BLE001 - whatever breaks is what the doctor is here to show
        reason = str(fault) or "no reason given"
        return Check(name, "failed", f"the check itself broke: {type(fault).__name__}: {reason}")
