"""Networks so small that a second thread only waits."""

from collections.abc import Iterator

import pytest

from assistant.engine.llama import context


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(context, "default_threads", lambda: 1)
    try:
        import torch

        from assistant.train import run
    except ModuleNotFoundError:
        yield
        return
    monkeypatch.setattr(run, "default_threads", lambda: 1)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
