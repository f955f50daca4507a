#!/usr/bin/env python
"""Django's command line for the playground: `python manage.py runserver`, `migrate`, `test`, `train`, …"""

import os
import sys


def main() -> None:
    module = "tests.settings" if sys.argv[1:2] == ["test"] else "playground.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from playground.startup import explain

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The lines say what to change. A traceback would hide them.
        sys.exit("\n".join(f"manage.py: {line}" for line in explain(error)))
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        reason = str(error).strip().split("\n")[0]
        sys.exit(f"manage.py: The database cannot be used: {reason}. See DATABASE_URL and DATA_DIR.")


if __name__ == "__main__":
    main()
