"""Roads for mail beyond Django's own, each a Django e-mail backend that `EMAIL_BACKEND` may name."""
