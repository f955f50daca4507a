"""Accounts: sign-up, sign-in, passwords, e-mail addresses and user settings.

This package imports `playground.wire` and modules that all apps share, such as `playground.models` and
`playground.closed_accounts`. It imports no app: the apps may import it. Notifications, for example, reads the
preferences and addresses of users from here. Where an account needs an e-mail, it sends a signal (`signals.py`).

What concerns the rows of all apps at once, such as the deletion of an account, is in `playground.account_data`.
"""
