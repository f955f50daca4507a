"""The forms of accounts: Django's own, with our limits and words. Used by the views."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from playground.accounts import limits
from playground.accounts.backend import list_counters
from playground.accounts.throttle import address_of


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This name and this password do not belong together. Mind capital letters in both.",
        "inactive": "This account is closed.",
    }

    def get_invalid_login_error(self) -> ValidationError:
        username = self.cleaned_data.get("username") or ""
        if any(limit.is_spent(who) for limit, who in list_counters(self.request, username)):
            return too_many(settings.SIGN_IN_WINDOW_SECONDS)
        return super().get_invalid_login_error()


class SignUpForm(UserCreationForm):
    """A name and a password; an address for those who may forget theirs."""

    email = forms.EmailField(
        label="E-mail address",
        required=False,
        help_text="Optional. Only there can a forgotten password be replaced.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username", "email")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = "Letters, digits and @ . + - _"

    def clean(self) -> dict[str, Any] | None:
        """Counts only what would otherwise have made an account."""
        cleaned = super().clean()
        if not self.errors and not limits.sign_ups_from_address().allows(address_of(self.request)):
            raise too_many(limits.HOUR)
        return cleaned


class ResetForm(PasswordResetForm):
    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        from_here = limits.resets_from_address().allows(address_of(self.request))
        if not from_here or not limits.resets_to_mailbox().allows(email):
            raise too_many(limits.HOUR)
        return email


class DeletionForm(forms.Form):
    """The password once more, so that a browser left open is not enough."""

    password = forms.CharField(
        label="Your password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        limit = limits.sign_ins_of_account()
        if not limit.allows(self.user.get_username()):
            raise too_many(settings.SIGN_IN_WINDOW_SECONDS)
        if not self.user.check_password(password):
            raise ValidationError("This is not your password.")
        limit.forget(self.user.get_username())
        return password


def too_many(seconds: int) -> ValidationError:
    minutes = max(1, round(seconds / 60))
    wait = f"{minutes} minute{'' if minutes == 1 else 's'}"
    return ValidationError(f"Too many attempts. Wait {wait} and try again.", code="too_many_attempts")
