"""Training a draft for one target on one machine: DSpark (arXiv 2607.05147), DFlash or EAGLE-3.

It reads in the order of its stages: `data` gathers prompts, `answers` lets the target answer them into a
`recording`, `optimise` fits one of the `drafts` to it, `evaluate` measures that on held-out answers, `export`
writes it as GGUF, and `run` goes through all of them.
"""
