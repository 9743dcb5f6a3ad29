"""The `inplay` command: one file per command group, no logic of its own.

Our rooms have everyday names. They come before what PYTHONPATH names, the working folder among it where an entry of it
is empty, so that a `trading` of the user's is never taken for ours.
"""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent)
if sys.path[:1] != [_ROOT]:
    sys.path.insert(0, _ROOT)
