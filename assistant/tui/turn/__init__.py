"""What a turn of the agent looks like: its calls as cards, and what it asks."""
