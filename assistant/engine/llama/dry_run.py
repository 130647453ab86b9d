"""Read a model and plan its passes without its weights. Run as a script, with nothing but llama_cpp.

Usage: dry_run.py FILE. It says `begun`, and what llama.cpp refuses is no concern of it: it ends with 0 unless
llama.cpp ends it."""

import contextlib
import ctypes
import sys

import llama_cpp

_TOKENS, _BATCH = 256, 64


def main(path: str) -> None:
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    llama_cpp.llama_log_set(_say_nothing, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    no_devices = (ctypes.c_void_p * 1)()
    params.devices = ctypes.addressof(no_devices)
    params.n_gpu_layers = 0
    params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    params.no_alloc = params.load_mtp = True
    print("begun", flush=True)
    if model := llama_cpp.llama_model_load_from_file(path.encode(), params):
        for flash_attention in (
            llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED,
            llama_cpp.LLAMA_FLASH_ATTN_TYPE_AUTO,
        ):
            _plan(model, flash_attention)


def _plan(model: object, flash_attention: int) -> None:
    """Drafts that need a target's context are refused here, which is well."""
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = _TOKENS, _BATCH, _BATCH
    params.flash_attn_type = flash_attention
    if context := llama_cpp.llama_init_from_model(model, params):
        llama_cpp.llama_free(context)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
def _say_nothing(level: int, text: bytes, _user_data: object) -> None: ...


if __name__ == "__main__":
    main(sys.argv[1])
