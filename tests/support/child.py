"""A process that a test starts and that does not outlive a failure of the test."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the overloads of Popen say whether its pipes have texts or bytes
    Child = subprocess.Popen
else:

    class Child(subprocess.Popen):
        """A Popen that is killed if its `with` block raises, such as TimeoutExpired.

        Popen itself waits for the end of the process there, for any time.
        """

        def __exit__(self, *error: object) -> None:
            """Kill after an error; close the pipes and wait."""
            if error[0] is not None:
                self.kill()
            super().__exit__(*error)
