"""All checks together: a broken one is shown, and the worst decides."""

import socket

import pytest

from assistant.doctor.check import Check, Status
from assistant.doctor.examine import GROUPS, Group, Report, examine
from assistant.errors import ExitCode, ModelError


def test_a_check_that_breaks_has_failed_with_its_reason_and_the_others_go_on() -> None:
    def free_beer() -> Check:
        raise ZeroDivisionError("none left")

    def cellar() -> Check:
        raise ModelError("It is locked.", hint="Take the key.")

    def roof() -> Check:
        return Check("roof", "ok", "there")

    assert examine([("House", (free_beer, cellar, roof))]).checks == (
        Check("free beer", "failed", "the check itself broke: ZeroDivisionError: none left"),
        Check("cellar", "failed", "It is locked.", "Take the key."),
        Check("roof", "ok", "there"),
    )


@pytest.mark.parametrize(
    ("statuses", "worst", "code"),
    [
        ({"disk": "ok"}, "ok", ExitCode.DONE),
        ({"disk": "ok", "git": "warning"}, "warning", ExitCode.DONE),
        ({"disk": "failed", "git": "warning"}, "failed", ExitCode.NOT_ACHIEVED),
        ({"disk": "failed", "model in use": "failed"}, "failed", ExitCode.NO_MODEL),
        ({"memory": "failed"}, "failed", ExitCode.NO_MODEL),
        ({"library": "failed", "memory": "failed"}, "failed", ExitCode.NOT_ACHIEVED),
    ],
)
def test_the_worst_decides(statuses: dict[str, Status], worst: Status, code: ExitCode) -> None:
    checks = tuple(Check(name, status, "") for name, status in statuses.items())
    report = Report((Group("All", checks),))
    assert (report.status, report.exit_code) == (worst, code)


def test_no_check_breaks_here_or_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    report = examine()
    assert [check.found for check in report.checks if "broke" in check.found] == []
    assert all(check.mend for check in report.checks if check.status != "ok")
    names = [function.__name__.replace("_", " ") for _, functions in GROUPS for function in functions]
    assert [check.name for check in report.checks] == names, "as a broken one would be called"
