"""The models: what there is, what of it fits, and bringing and choosing them."""
