"""PageRank over the names, against the same written as a dense matrix."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.repo.map.graph import Floats, build_graph
from assistant.repo.map.packed import name_key, pack
from assistant.repo.map.rank import rank
from assistant.repo.map.tags import Declaration, Tags

NAMES = ("area", "shape_of_it", "_own", "ShapeOfThings", "__init__")
WEIGHTS = {"area": 1.0, "shape_of_it": 10.0, "_own": 0.1, "ShapeOfThings": 10.0, "__init__": 0.0}
FILES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(NAMES), max_size=3, unique=True),
        st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9), max_size=4),
    ),
    min_size=1,
    max_size=6,
)
File = tuple[list[str], dict[str, int]]


@given(FILES, st.data())
def test_as_the_dense_matrix(files: list[File], data: st.DataObject) -> None:
    focus = data.draw(st.sets(st.integers(0, len(files) - 1)))
    packed = [
        pack(Tags(tuple(Declaration(name, "function", 0, 1, name) for name in declared), used))
        for declared, used in files
    ]
    references = [(number, [one.references]) for number, one in enumerate(packed)]
    ranks = rank(build_graph([one.declarations for one in packed], references), focus)
    assert np.isclose(ranks.files.sum(), 1)
    assert np.allclose(ranks.files, dense(files, focus), atol=1e-4)
    assert (ranks.declarations >= 0).all()


def dense(files: list[File], focus: set[int]) -> Floats:
    n = len(files)
    jump = np.array([(i in focus) * 0.9 / len(focus) + 0.1 / n if focus else 1 / n for i in range(n)])
    step = np.zeros((n, n))
    for i, (own, used) in enumerate(files):
        for name, times in used.items():
            targets = [j for j, (declared, _) in enumerate(files) if name in declared]
            for j in targets if name not in own else ():
                step[i, j] += np.sqrt(times) * WEIGHTS[name] / len(targets)
        step[i] = step[i] / step[i].sum() if step[i].sum() else jump
    matrix = 0.85 * step + 0.15 * jump
    result: Floats = np.linalg.matrix_power(matrix, 200)[0]
    return result


def test_a_name_that_is_mentioned_draws_rank_to_what_declares_it() -> None:
    both = [pack(Tags((Declaration(name, "function", 0, 1, name),))) for name in ("first", "second")]
    user = pack(Tags((), {"first": 1, "second": 1}))
    graph = build_graph([*(one.declarations for one in both), b""], [(2, [user.references])])
    first = graph.name(name_key("first"))
    assert first is not None
    assert graph.name(name_key("third")) is None
    plain, mentioned = rank(graph), rank(graph, mentioned=[first])
    assert plain.files[0] == plain.files[1]
    assert mentioned.files[0] > mentioned.files[1]
