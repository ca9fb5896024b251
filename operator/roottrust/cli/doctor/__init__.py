"""`roottrust doctor`: an installation seen from outside; facts are read, and judged apart."""
