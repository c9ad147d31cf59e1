"""The command `bespoke`, and ``python -m bespoke``: small, so that Ctrl-C is understood before the rest is loaded."""

from bespoke.stopping import understood


def main() -> None:
    """Entry point of the command line."""
    with understood():
        from bespoke.cli import main as command_line  # takes a while

        command_line()


if __name__ == "__main__":
    main()
