"""The program triptych: python -m triptych."""
import os
import sys

from ._library import program
from .errors import TriptychError


def main() -> None:
    try:
        path = program()
        os.execv(path, [path, *sys.argv[1:]])
    except (OSError, TriptychError) as error:
        sys.exit(f"triptych: {error}")


if __name__ == "__main__":
    main()
