"""The rows that all apps keep for one account or guest: their transfer, deletion and expiry.

This package imports every app, so no app and nothing in `playground.accounts` imports it.
"""
