"""A turn as it is shown while it goes on."""

from textual.markup import escape

from assistant.agent import events
from assistant.agent.endings import ENDINGS
from assistant.tui.assistant_message import AssistantMessage
from assistant.tui.conversation import Conversation
from assistant.tui.generation_events import (
    ConsentWanted,
    Happened,
    OfTurn,
    QuestionAsked,
    Reading,
    Replied,
    Written,
)
from assistant.tui.notice import Notice
from assistant.tui.turn.approval import Approval
from assistant.tui.turn.changes_card import ChangesCard
from assistant.tui.turn.decision import Decision
from assistant.tui.turn.tool_card import State, ToolCard
from assistant.tui.turn.user_question import UserQuestion
from assistant.visible import visible

# What ends well, or is seen from what is shown already.
_NEEDS_NO_WORDS = {"done", "nothing to do", "refused"}


class ShownTurn:
    """Adds to `conversation` what a turn tells of itself."""

    def __init__(self, conversation: Conversation, *, origins_shown: bool) -> None:
        self._conversation = conversation
        self._origins_shown = origins_shown
        self._answer: AssistantMessage | None = None
        self._card: ToolCard | None = None
        self._check: ToolCard | None = None
        self._rewrites = ""
        self._was_asked = False
        self._refusal = ""
        self._cancelled = False

    @property
    def answer(self) -> AssistantMessage | None:
        """The latest."""
        return self._answer

    async def show(self, event: OfTurn) -> None:
        """The next thing that the bridge tells of the turn."""
        match event, self._answer:
            case Happened() as event, _:
                await self._happened(event.event)
            case ConsentWanted() as event, _:
                await self._ask(Approval(event.request, event.answer))
            case QuestionAsked() as event, _:
                await self._ask(UserQuestion(event.question, event.answer))
            case Reading() as event, AssistantMessage() as answer:
                answer.show_reading(event.progress, event.tokens_per_s)
            case Written() as event, AssistantMessage() as answer:
                await answer.write(event.pieces)
            case Replied() as event, AssistantMessage() as answer:
                self._cancelled = event.reply.finish == "cancelled"
                answer.finish(event.reply.finish, event.speed.stats)

    async def _ask(self, decision: Decision) -> None:
        self._was_asked = True
        if self._card is not None:
            self._card.wait()
        await self._conversation.add(decision)

    async def _happened(self, event: events.AgentEvent) -> None:
        match event:
            case events.Step():
                self._answer = AssistantMessage()
                await self._conversation.add(self._answer)
                self._answer.show_origins(self._origins_shown)
            case events.Asking():
                self._rewrites = event.what
            case events.Called(tool="done") if self._answer is not None:
                self._answer.settle(str(event.arguments.get("answer", "")))
            case events.Called():
                await self._begin_card(event)
            case events.Consented():
                self._consented(event)
            case events.Changed() if self._card is not None:
                self._card.changed(event.diff)
            case events.Checking() | events.Checked():
                await self._show_check(event)
            case events.Observed():
                await self._end_card(event)
            case events.Outcome():
                await self._conclude(event)
            case _:
                await self._say(_remark(event))

    async def end(self) -> None:
        """Nothing more comes: what is not whole stays as it is."""
        for decision in self._conversation.query(Decision):
            await decision.remove()
        for card in (self._card, self._check):
            if card is not None and not card.ended:
                card.end("failed", "stopped", timed=False)
        if self._answer is not None:
            if self._answer.empty:
                await self._answer.remove()
            else:
                self._answer.end()

    def _consented(self, event: events.Consented) -> None:
        if self._card is not None and event.request.tool != "check":
            refused = event.answer == "no"
            self._refusal = ": ".join(filter(None, ("refused", event.reason))) if refused else ""
            self._card.go_on()

    async def _begin_card(self, call: events.Called) -> None:
        if self._answer is not None:
            if self._rewrites:
                await self._answer.fold(f"Rewrote {escape(visible(self._rewrites))}")
                self._rewrites = ""
            else:
                self._answer.tell_nothing()
            if self._answer.empty:
                await self._answer.remove()
                self._answer = None
        self._was_asked, self._refusal = False, ""
        self._card = ToolCard(call.tool, call.arguments)
        await self._conversation.add(self._card)

    async def _end_card(self, observed: events.Observed) -> None:
        if self._card is None:
            if not observed.ok:
                await self._say(observed.text.partition("\n")[0])
            return
        card, self._card = self._card, None
        state: State = "done" if observed.ok else "refused" if self._refusal else "failed"
        card.end(state, observed.text, why=self._refusal)
        if observed.changed and not self._was_asked:
            await card.action_open()  # nobody has seen yet what it did

    async def _show_check(self, event: events.Checking | events.Checked) -> None:
        if isinstance(event, events.Checking):
            self._check = ToolCard("run", {"command": event.command})
            await self._conversation.add(self._check)
        elif self._check is not None:
            result, check = event.result, self._check
            check.end("done" if result.passed else "failed", f"{result.describe()}\n{result.output}")
            self._check = None

    async def _conclude(self, outcome: events.Outcome) -> None:
        if self._answer is not None and not self._answer.empty and not self._cancelled:
            self._answer.sum_up(outcome.stats, outcome.steps)
        if outcome.why or (outcome.status not in _NEEDS_NO_WORDS and not self._cancelled):
            ending = "" if outcome.status in _NEEDS_NO_WORDS else ENDINGS[outcome.status]
            await self._say(ending or outcome.why, outcome.why if ending else "")
        if outcome.turn is not None and outcome.changed:
            await self._conversation.add(ChangesCard(outcome.turn, outcome.changed))

    async def _say(self, text: str, hint: str = "") -> None:
        if text:
            await self._conversation.add(Notice(text, hint))


def _remark(event: events.AgentEvent) -> str:
    """What the user should know of it, in a line; empty for nothing."""
    match event:
        case events.NotNeeded():
            return "The check passes without a part of the changes too; it was kept."
        case events.Shrunk():
            before, after = event.tokens_before, event.tokens_after
            return f"Made room in the context, from {before:,} to {after:,} tokens."
        case events.Unusable():
            return event.reason
    return ""
