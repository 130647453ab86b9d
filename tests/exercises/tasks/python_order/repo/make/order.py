"""In which order things are built that need each other."""


class CycleError(ValueError):
    """Things that need each other in a circle; `circle` names them."""

    def __init__(self, circle):
        super().__init__(" -> ".join(circle))
        self.circle = circle


def build_order(needs):
    """All names, each behind what it needs; `needs` has for each name those that it needs."""
    order = []
    done = set()
    path = []

    def visit(name):
        if name in path:
            raise CycleError(path[path.index(name):] + [name])
        if name in done:
            return
        path.append(name)
        for needed in sorted(needs.get(name, ())):
            visit(needed)
        done.add(name)
        order.append(name)

    for name in sorted(needs):
        visit(name)
    return order


def layers(needs):
    """The names in layers: those of one can be built at the same time."""
    depth = {}
    for name in build_order(needs):
        below = [depth[needed] for needed in needs.get(name, ())]
        depth[name] = max(below, default=-1) + 1
    found = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, level in depth.items():
        found[level].append(name)
    return found
