"""Earlier work: looked through, gone on with, named, copied, written down and deleted."""
