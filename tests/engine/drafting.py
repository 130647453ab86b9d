"""Running the loop with one drafter: every draft is tried, and each can be looked at as it is made."""

from collections.abc import Callable, Sequence

from assistant.engine.drafters import NOTHING, Draft, Drafter, Proposal
from assistant.engine.generate import Emitted, generate
from assistant.engine.llama import Context, ContextOptions
from assistant.engine.sampling import Sampling
from assistant.engine.schedule import Scheduler
from assistant.engine.stats import Stats

EXACT = ContextOptions(n_ctx=512, threads=1, exact=True)
SMALL_BATCH = ContextOptions(n_ctx=512, threads=1, batch=128, exact=True)


class Always(Scheduler):
    """Drafts at each step, as much as the drafter gives up to `longest`."""

    def __init__(self, longest: int) -> None:
        super().__init__(())
        self._longest = longest

    def choose(self, drafters: Sequence[Drafter], room: int, context: int = 0) -> Draft:
        proposal = drafters[0].propose(min(room, self._longest)) if drafters and room > 0 else NOTHING
        return Draft(((drafters[0], proposal),)) if proposal.tokens else Draft()

    def learn(self, emitted: Sequence[int], seconds: float) -> None: ...


class Watched:
    """A drafter whose proposals `look` sees together with the tokens that they follow."""

    def __init__(self, drafter: Drafter, look: Callable[[list[int], Proposal], None]) -> None:
        self._drafter = drafter
        self._look = look
        self._history: list[int] = []

    @property
    def name(self) -> str:
        return self._drafter.name

    @property
    def seconds_per_token(self) -> float:
        return self._drafter.seconds_per_token

    def begin(self, prompt: Sequence[int]) -> None:
        self._history = list(prompt)
        self._drafter.begin(prompt)

    def extend(self, tokens: Sequence[int]) -> None:
        self._history += tokens
        self._drafter.extend(tokens)

    def observe(self, context: Context, start: int) -> None:
        self._drafter.observe(context, start)

    def propose(self, limit: int, after: Sequence[int] = ()) -> Proposal:
        proposal = self._drafter.propose(limit, after)
        self._look(list(self._history), proposal)
        return proposal

    def prior(self, evidence: int) -> float:
        return self._drafter.prior(evidence)

    def close(self) -> None:
        self._drafter.close()


def answer(
    context: Context,
    prompt: Sequence[int],
    drafter: Drafter | None = None,
    *,
    longest: int = 8,
    max_tokens: int = 40,
    sampling: Sampling | None = None,
    stats: Stats | None = None,
) -> list[int]:
    """The tokens that follow `prompt`. What the context holds already is reused."""
    events = generate(
        context,
        prompt,
        sampling=sampling or Sampling(),
        drafters=[drafter] if drafter else [],
        scheduler=Always(longest) if drafter else None,
        max_tokens=max_tokens,
        stats=stats or Stats(),
    )
    return [token for event in events if isinstance(event, Emitted) for token in event.tokens]
