"""The control API: JSON below `/_sandbox/` to act as the end user, to watch what happens, and to set faults.

`openapi.yaml` describes it; there is one module for each of its tags.
"""
