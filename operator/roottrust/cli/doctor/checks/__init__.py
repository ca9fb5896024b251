"""The checks: one file each, pure, from facts to findings."""
