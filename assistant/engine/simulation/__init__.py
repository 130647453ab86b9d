"""What drafting would bring at given costs, without a model: the real scheduler beside fixed lengths
and oracles, on recorded and on made-up drafts."""
