"""What works on this machine and what does not, each with what mends it.

A file holds the checks of one group; each is a plain function that returns a `Check`. `examine` runs them
all. Nothing is sent over the network, no model is loaded and nothing is written.
"""
