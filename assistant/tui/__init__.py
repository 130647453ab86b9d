"""The terminal app: a conversation with a local model in a repository."""
