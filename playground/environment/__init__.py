"""The settings of operators: environment variables, and the file `.env`. Only `playground/settings.py` reads them."""
