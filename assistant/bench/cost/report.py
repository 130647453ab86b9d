"""Everything that follows from what is known; what does not is left out, with what it would need."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.bench.cost import model
from assistant.bench.cost.money import Money, converted
from assistant.bench.cost.prices import ApiPrice
from assistant.bench.cost.quantities import QUANTITIES
from assistant.bench.cost.timeouts import Timeouts, simulate

UNCHANGED = (
    "Speculation changes the time, not the tokens: the answers are as long, and an API would bill the same."
)


@dataclass(frozen=True, slots=True)
class Ways:
    """One figure without and with speculation, None where it does not follow."""

    plain: float | None = None
    speculative: float | None = None

    def as_dict(self) -> dict[str, float | str | None]:
        return {"plain": _figure(self.plain), "speculative": _figure(self.speculative)}


@dataclass(frozen=True, slots=True)
class AgainstApi:
    """One API beside this machine: its price of a million answer tokens and its bill of a day, in the
    report's currency; the days and tokens after which the machine has paid for itself."""

    price: ApiPrice
    per_million: float
    a_day: float | None = None
    days: Ways = field(default_factory=Ways)
    tokens: Ways = field(default_factory=Ways)


@dataclass(frozen=True, slots=True)
class CostReport:
    """Money is in `currency`. `left_out` says what is missing for what, `notes` what to know besides."""

    currency: str | None
    speedup: float | None
    energy_per_million: Ways
    hardware_per_million: Ways
    cost_per_million: Ways
    energy_a_day: Ways
    busy_hours_a_day: Ways
    saved_hours_a_day: float | None
    apis: tuple[AgainstApi, ...]
    timeouts: Mapping[str, Timeouts]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        ways = (
            "energy_per_million",
            "hardware_per_million",
            "cost_per_million",
            "energy_a_day",
            "busy_hours_a_day",
        )
        return {
            "currency": self.currency,
            "speedup": _figure(self.speedup),
            **{name: getattr(self, name).as_dict() for name in ways},
            "saved_hours_a_day": _figure(self.saved_hours_a_day),
            "api": [
                {
                    "name": each.price.name,
                    "seen": each.price.seen.isoformat(),
                    "source": each.price.source,
                    "per_million_output": _figure(each.per_million),
                    "a_day": _figure(each.a_day),
                    "break_even_days": each.days.as_dict(),
                    "break_even_tokens": each.tokens.as_dict(),
                }
                for each in self.apis
            ],
            "timeouts": {
                way: {"share": _figure(t.share), "a_day": _figure(t.a_day), "from": t.low, "to": t.high}
                for way, t in self.timeouts.items()
            },
            "notes": list(self.notes),
            "left_out": list(self.left_out),
            "unchanged_by_speculation": UNCHANGED,
        }


def report(
    known: Mapping[str, float],
    *,
    currency: str | None = None,
    prices: Sequence[ApiPrice] = (),
    rates: Mapping[str, float] | None = None,
    lengths: Sequence[float] = (),
) -> CostReport:
    """`known` are values by their name in QUANTITIES, money in `currency`; `rates` give one of another
    currency in it. `lengths` are tokens of turns."""
    return _Calculation(known, currency, rates or {}).report(prices, lengths)


class _Calculation:
    def __init__(self, known: Mapping[str, float], currency: str | None, rates: Mapping[str, float]) -> None:
        self._known = known
        self._currency = currency
        self._rates = rates
        self._left_out: list[str] = []

    def report(self, prices: Sequence[ApiPrice], lengths: Sequence[float]) -> CostReport:
        known = self._known
        energy_hour = self._follows("The energy's cost", model.energy_per_hour, "power_w", "electricity")
        hardware_hour = self._follows(
            "The machine's share", model.hardware_per_hour, "hardware", "life_years", "hours_a_day"
        )
        energy = self._ways(energy_hour, lambda hour, tps: model.per_million(hour, tps))
        hardware = self._ways(hardware_hour, lambda hour, tps: model.per_million(hour, tps))
        both = None if energy_hour is None or hardware_hour is None else energy_hour + hardware_hour
        workload = self._workload()
        busy = self._ways(
            workload if "prefill_tps" in known else None,
            lambda load, tps: model.busy_seconds(load, tps, known["prefill_tps"]) / 3600,
        )
        if workload and "prefill_tps" not in known:
            self._left_out.append("Hours a day, energy a day and break-even need --prefill-tps.")
        energy_day = _both(busy, energy_hour, lambda hours, hour: hours * hour)
        return CostReport(
            self._currency,
            self._follows("The speedup", lambda plain, fast: fast / plain, "plain_tps", "speculative_tps"),
            energy,
            hardware,
            self._ways(both, lambda hour, tps: model.per_million(hour, tps)),
            energy_day,
            busy,
            self._saved_hours(workload),
            tuple(filter(None, (self._against(price, workload, energy_day) for price in prices))),
            self._timeouts(lengths, workload),
            tuple(self._strains(busy)),
            tuple(dict.fromkeys(self._left_out)),
        )

    def _strains(self, busy: Ways) -> Iterator[str]:
        """Where the work takes longer than the machine answers."""
        hours = self._known.get("hours_a_day", 24.0)
        for way, needed in (("Plain", busy.plain), ("Speculative", busy.speculative)):
            if needed is not None and needed > hours:
                yield f"{way} decoding needs {needed:.1f} hours a day for this work, and has {hours:g}."

    def _follows(self, what: str, function: Callable[..., float], *names: str) -> float | None:
        missing = [QUANTITIES[name].option for name in names if name not in self._known]
        if missing:
            self._left_out.append(f"{what} needs {', '.join(missing)}.")
            return None
        return function(*(self._known[name] for name in names))

    def _ways(self, known: Any, function: Callable[[Any, float], float]) -> Ways:
        if known is None:
            return Ways()
        speeds = (self._known.get(name) for name in ("plain_tps", "speculative_tps"))
        return Ways(*(None if tps is None else function(known, tps) for tps in speeds))

    def _workload(self) -> model.Workload | None:
        known = self._known
        if "tokens_in" not in known or "tokens_out" not in known:
            self._left_out.append("Whatever is a day needs --tokens-in, --tokens-out.")
            return None
        return model.Workload(
            known["tokens_in"],
            known["tokens_out"],
            known.get("retry_rate", 0.0),
            known.get("cached_share", 0.0),
        )

    def _saved_hours(self, workload: model.Workload | None) -> float | None:
        if workload is None or not {"plain_tps", "speculative_tps"} <= self._known.keys():
            return None
        known = self._known
        return model.saved_seconds(workload, known["plain_tps"], known["speculative_tps"]) / 3600

    def _against(
        self, price: ApiPrice, workload: model.Workload | None, energy_day: Ways
    ) -> AgainstApi | None:
        if self._currency is None:
            self._left_out.append("APIs are left out: say which --currency counts.")
            return None
        rate = converted(Money(1.0, price.currency), self._currency, self._rates)
        if rate is None:
            self._left_out.append(
                f"APIs in {price.currency} are left out: --exchange {price.currency}=… says what one is in "
                f"{self._currency}."
            )
            return None
        if workload is None:
            return AgainstApi(price, price.output * rate)
        a_day = model.api_per_day(price, workload) * rate
        days = _both(
            energy_day,
            self._known.get("hardware"),
            lambda energy, cost: model.break_even_days(cost, a_day, energy),
        )
        tokens = _both(days, workload.tokens, lambda count, tokens: count * tokens if count else 0.0)
        return AgainstApi(price, price.output * rate, a_day, days, tokens)

    def _timeouts(self, lengths: Sequence[float], workload: model.Workload | None) -> dict[str, Timeouts]:
        known = self._known
        needed = [QUANTITIES[name].option for name in ("turn_limit_s", "turns") if name not in known]
        needed += [] if lengths else ["a history, or --turn-median and --turn-p90"]
        if needed:
            self._left_out.append(f"Timeouts need {', '.join(needed)}.")
            return {}
        prompt_s = 0.0
        if workload and "prefill_tps" in known:
            prompt_s = workload.tokens_in / known["turns"] / known["prefill_tps"]
        speeds = {"plain": known.get("plain_tps"), "speculative": known.get("speculative_tps")}
        return {
            way: simulate(
                lengths, tps=tps, limit_s=known["turn_limit_s"], turns=known["turns"], prompt_s=prompt_s
            )
            for way, tps in speeds.items()
            if tps is not None
        }


def _both(ways: Ways, other: float | None, function: Callable[[float, float], float]) -> Ways:
    if other is None:
        return Ways()
    return Ways(*(None if each is None else function(each, other) for each in (ways.plain, ways.speculative)))


def _figure(value: float | None) -> float | str | None:
    """Six digits: a figure as good as what went in. JSON has no infinity."""
    if value is None:
        return None
    return "never" if math.isinf(value) else float(f"{value:.6g}")
