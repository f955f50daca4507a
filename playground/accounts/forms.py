"""Forms of accounts: Django's own, with this site's limits and messages."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from playground.accounts import password_hashing, rate_limits
from playground.accounts.addresses import parse_address
from playground.accounts.rate_limits import address_of
from playground.accounts.sign_in_delay import SignInDelay, find_network
from playground.wire.errors import PlaygroundError


class SignInForm(AuthenticationForm):
    """The sign-in form. It shows how long to wait before the next attempt, which the backend stores in the request."""

    error_messages = {
        "invalid_login": "The name or the password is wrong. Both distinguish capital letters.",
        "inactive": "This account is closed.",
    }

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "sign_in_busy", False):
            return too_busy()
        wait = getattr(self.request, "sign_in_wait", 0)
        if getattr(self.request, "sign_in_refused", False):
            return too_many(
                wait, "To sign in at once, ask for a new password, or use a browser in which you signed in before."
            )
        wrong = str(self.error_messages["invalid_login"])
        return ValidationError(
            f"{wrong} You can try again in {tell_time(wait)}." if wait else wrong, code="invalid_login"
        )


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The sign-in form of the admin, with the same messages and one for accounts that are not staff."""

    def confirm_login_allowed(self, user: Any) -> None:
        if not user.is_staff:
            raise ValidationError("This account may not use the admin.", code="not_staff")
        super().confirm_login_allowed(user)


class SignUpForm(UserCreationForm):
    """A name, a password, and optionally an e-mail address."""

    email = forms.EmailField(
        label="E-mail address",
        required=False,
        help_text="Optional. Your results are sent there, and a link for a new password if you forget yours.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = "Letters, digits and @ . + - _"

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return parse_email(email) if email else ""

    def clean(self) -> dict[str, Any] | None:
        """Apply the limit on sign-ups. Only forms that are otherwise valid count."""
        cleaned = super().clean()
        if not self.errors and not rate_limits.sign_ups_from_address().allows(address_of(self.request)):
            raise too_many(rate_limits.HOUR)
        return cleaned


class ResetForm(forms.Form):
    """Asks for the address of an account. Looks for no account, so that its answer does not show which ones exist."""

    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        """Apply the limits on requests. Only well-formed addresses count."""
        email = parse_email(self.cleaned_data["email"])
        address = address_of(self.request)
        if not (
            rate_limits.resets_from_address().allows(address)
            and rate_limits.resets_from_network().allows(find_network(address))
        ):
            raise too_many(rate_limits.HOUR)
        return email


class DeletionForm(forms.Form):
    """Asks for the password, so that a browser left open is not enough to delete the account."""

    password = forms.CharField(
        label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        check_own_password(self.user, password, "This is not your password.")
        return password


class ChangePasswordForm(PasswordChangeForm):
    """Django's form with the delays of a sign-in, so that a stolen session does not help to guess the password."""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        check_own_password(self.user, password, "This is not your password.")
        return password


def check_own_password(user: User, password: str, wrong: str) -> None:
    """Check the password of a user who is signed in. Raises ValidationError with the message `wrong`.

    Attempts from all sessions of the account are counted together, and apart from attempts to sign in.
    """
    delay = SignInDelay(user.get_username(), "signed in", is_known=True)
    if wait := delay.begin():
        raise too_many(wait)
    try:
        is_right = password_hashing.check_password(user, password)
    except password_hashing.TooManyHashes:
        delay.take_back()
        raise too_busy() from None
    if not is_right:
        raise ValidationError(wrong, code="password_incorrect")
    delay.succeed()


def parse_email(text: str) -> str:
    """Validate an e-mail address and return it as e-mails are sent to it. Raises ValidationError."""
    try:
        return parse_address(text)
    except PlaygroundError as error:
        raise ValidationError(f"{error.message} {error.data.hint}") from error


def too_many(seconds: int, advice: str = "") -> ValidationError:
    """Return the error for too many attempts."""
    message = f"Too many attempts. Wait {tell_time(seconds)} and try again. {advice}".rstrip()
    return ValidationError(message, code="too_many_attempts")


def too_busy() -> ValidationError:
    """Return the error for too many password checks at once."""
    return ValidationError("Many people are signing in right now. Please try again in a moment.", code="too_busy")


def tell_time(seconds: int) -> str:
    """Return a duration in words: 90 -> "90 seconds", 3600 -> "60 minutes"."""
    count, unit = (seconds, "second") if seconds <= 90 else (math.ceil(seconds / 60), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
