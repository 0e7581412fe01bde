"""``python -m glassnet`` is the command ``glassnet``."""

import sys

from glassnet.cli import main

sys.exit(main())
