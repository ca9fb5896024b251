"""`python -m roottrust`."""

from roottrust.cli.main import main

if __name__ == "__main__":
    main()
