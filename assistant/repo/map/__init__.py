"""A map of the repository: its files with the signatures that the rest of it refers to most.

The way is aider's (`repomap.py`): tree-sitter finds what each file declares and uses, PageRank over that
graph says what matters to the files that the conversation is about, and as much as fits a token budget is
shown. Here the graph goes through the names, so that it grows with the references and not with their
product, and a map continues the previous one, so that the KV prefix survives.

    listing -> index.index_repository (contents tagged in worker processes, kept in cache)
            -> rank.rank -> outline.repository_map
"""
