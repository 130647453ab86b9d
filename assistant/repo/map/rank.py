"""What matters in a repository: PageRank (Page, Brin, Motwani, Winograd 1999), personalised as in aider.

A walker in a file follows one of its references to a name, and from there goes to any of its declarations.
Now and then it jumps: to a file of the conversation mostly, else anywhere.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from assistant.repo.map.graph import Floats, Graph

_DAMPING = 0.85
_TO_FOCUS = 0.9
_MENTIONED = 10.0
_PRECISION = 1e-6
_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Ranks:
    """`files` [n_files] sums to 1; `declarations` [n_declarations] is what arrives at each by reference,
    or by jumps where it is mentioned."""

    files: Floats
    declarations: Floats


def rank(graph: Graph, focus: Collection[int] = (), mentioned: Collection[int] = ()) -> Ranks:
    """Ranks as seen from the files `focus`, with references to the names `mentioned` weighing more."""
    if not graph.n_files:
        return Ranks(np.empty(0), np.empty(0))
    named = graph.declared >= 0
    target_name, target_file = graph.declared[named], graph.declared_in[named]
    n_names = len(graph.keys)
    n_targets = np.bincount(target_name, minlength=n_names)

    interest = graph.weights.copy()
    interest[list(mentioned)] *= _MENTIONED
    flow = np.sqrt(graph.times) * interest[graph.used]
    leaving = np.bincount(graph.used_in, flow, graph.n_files)
    flow = flow / leaving[graph.used_in]
    is_end = leaving == 0

    meant = np.isin(graph.declared, list(mentioned))
    jump = _jump(graph.n_files, {*focus, *graph.declared_in[meant].tolist()})
    ranks = jump
    for _ in range(_MOST_STEPS):
        arriving = np.bincount(graph.used, ranks[graph.used_in] * flow, n_names) / np.maximum(n_targets, 1)
        followed = np.bincount(target_file, arriving[target_name], graph.n_files)
        before = ranks
        ranks = (1 - _DAMPING + _DAMPING * before[is_end].sum()) * jump + _DAMPING * followed
        if np.abs(ranks - before).sum() < _PRECISION:
            break
    declarations = np.zeros(len(graph.declared))
    declarations[named] = arriving[target_name]
    declarations[meant] += (1 - _DAMPING) * jump[graph.declared_in[meant]]
    return Ranks(ranks, declarations)


def _jump(n_files: int, focus: Collection[int]) -> Floats:
    jump = np.full(n_files, 1 / n_files)
    if focus:
        jump *= 1 - _TO_FOCUS
        jump[list(focus)] += _TO_FOCUS / len(focus)
    return jump
