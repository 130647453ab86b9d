"""Models on OpenAI-compatible servers: llama-server, vLLM, SGLang, or any other. Knows HTTP and the
servers' ways, nothing of conversations: `chat.remote` makes a generator of it."""
