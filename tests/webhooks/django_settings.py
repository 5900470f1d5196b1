"""Django's settings, which a process can have only once."""

from __future__ import annotations

import django
import django.conf


def configure() -> None:
    if not django.conf.settings.configured:
        django.conf.settings.configure(
            ALLOWED_HOSTS=["127.0.0.1", "testserver"],
            MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
            ROOT_URLCONF=(),
            SECRET_KEY="for tests",
        )
        django.setup()
