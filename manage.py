#!/usr/bin/env python
"""Django's command line for the playground: `python manage.py runserver`, `migrate`, `test`, `train`, …"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"manage.py: {error}")  # which says what to change; where in the code it was noticed helps nobody


if __name__ == "__main__":
    main()
