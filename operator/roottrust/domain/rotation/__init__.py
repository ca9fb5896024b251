"""The rotation of a root: a state machine that goes on only by what is proven."""
