"""State of a sandbox and its rules in every API version, without any wire format.

`App` and `Store` are the tables. What changes them is a function in the module of that name, such as `users.create(app, …)`. All of it runs on the
server's event loop, one request after another, so nothing is locked.
"""

from __future__ import annotations

from .state import App, Store

__all__ = ["App", "Store"]
