"""Asking the user for what is not permitted yet, and remembering what they said."""

from assistant.agent.events import AskConsent, Consented, Refusal, Request
from assistant.agent.permissions import Permissions
from assistant.agent.tools.tool import Action, Permission


def ask(
    consent: AskConsent, permissions: Permissions, tool: str, permission: Permission, action: Action
) -> Consented:
    """What was asked and answered. Raises CoderError where "always" cannot be written down."""
    notes = [
        f"{', '.join(action.secrets)} may hold secrets." if action.secrets else "",
        f"Other programs obey {', '.join(action.obeyed)} by themselves." if action.obeyed else "",
        action.note,
    ]
    always = permissions.always(tool, permission, action)
    request = Request(tool, action.preview, " ".join(filter(None, notes)), always)
    answer = consent(request)
    if isinstance(answer, Refusal):
        return Consented(request, "no", answer.reason)
    if answer == "always" and always:
        permissions.remember(tool, permission, action)
    return Consented(request, answer)


def is_allowed(
    consent: AskConsent, permissions: Permissions, tool: str, permission: Permission, action: Action
) -> bool:
    """Whether it may be done, the user being asked where that is open."""
    verdict = permissions.verdict(tool, permission, action)
    if verdict != "ask":
        return verdict == "allow"
    return ask(consent, permissions, tool, permission, action).answer != "no"
