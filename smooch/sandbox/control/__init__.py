"""The control API below `/_sandbox/`: act as the end user, watch all events, inject faults.

`openapi.yaml` describes it; there is one module for each of its tags.
"""
