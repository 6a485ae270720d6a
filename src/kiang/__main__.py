"""`python -m kiang` is the command `kiang`."""

from kiang.cli.main import run

if __name__ == "__main__":
    run()
