"""Sessions of other people's clients against the sandbox. Only `make test-foreign` runs them: it installs those clients first."""

import os

collect_ignore_glob = [] if "SMOOCH_FOREIGN" in os.environ else ["test_*.py"]
