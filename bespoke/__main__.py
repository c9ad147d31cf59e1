"""``python -m bespoke``."""

from bespoke.cli import main

main()
