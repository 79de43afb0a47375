"""``python -m elastic PROFILE`` prints the body of a new index, for who makes one by hand."""

import json
import sys

from elastic.errors import ElasticError
from elastic.mapping import PROFILES, index_body


def main(arguments: list[str]) -> int:
    """Print an index body.

    Parameters
    ----------
    arguments : list of str
        A profile.

    Returns
    -------
    int
        Exit code: 0, or 2 for a mistake.
    """
    if len(arguments) != 1:
        print(f"python -m elastic {'|'.join(PROFILES)}", file=sys.stderr)
        return 2
    try:
        print(json.dumps(index_body(arguments[0], {}), indent=2))
    except ElasticError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
