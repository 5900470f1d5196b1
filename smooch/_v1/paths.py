"""Which paths of API v1 belong to the account and which to one app."""

from __future__ import annotations

import re

ACCOUNT_PATH = re.compile(r"/?(?:apps|serviceaccounts|whatsapp/deployments)(?=[/?]|$)")
"""Paths relative to the version, not to one app: those with path-level servers in spec/v1.yaml."""

APP_PATH = re.compile(r"/?apps/[^/]+/(?!keys(?:/|$))")
"""Account paths that an app key may use: those of one app, except its keys."""
