"""Pages of accounts: sign-up, sign-in, the account, and new passwords. Mostly Django's own views."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from playground.accounts import user_settings
from playground.accounts.forms import ChangePasswordForm, ResetForm, SignInForm, SignUpForm
from playground.accounts.known_browser_cookie import remember
from playground.accounts.password_reset import request_reset
from playground.accounts.preferences import Preferences
from playground.wire.errors import PlaygroundError
from playground.wire.identity import identify

FORM = "playground/account/form.html"


def build_context(title: str, button: str, note: str = "") -> dict[str, str]:
    """Return the context of `form.html`."""
    return {"title": title, "button": button, "note": note}


class SignIn(views.LoginView):
    form_class = SignInForm
    template_name = "playground/account/sign_in.html"
    extra_context = build_context("Sign in", "Sign in")

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_busy"):
            response.status_code = 429
        return response


@method_decorator(never_cache, name="dispatch")
class SignUp(FormView):
    template_name = "playground/account/sign_up.html"
    form_class = SignUpForm
    extra_context = build_context("Sign up", "Create account")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.OPEN_REGISTRATION:
            return render(request, "playground/account/closed.html", status=403)
        if request.user.is_authenticated:
            return redirect("account")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:  # another request took the name after the check
            form.add_error("username", "A user with that username already exists.")
            return self.form_invalid(form)
        login(self.request, user)
        messages.success(
            self.request, f"Welcome, {user.get_username()}. Your runs, tables and points are now in your account."
        )
        if user.email:
            self._send_confirmation(user.email)
        return redirect("account")

    def _send_confirmation(self, address: str) -> None:
        """Ask for the link that confirms the address. If no link can be sent, the account exists all the same."""
        try:
            user_settings.update(identify(self.request), Preferences(email=address))
        except PlaygroundError as refusal:
            note = f"No link was sent to {address} to confirm it. {refusal.message} Try again in your settings."
            messages.warning(self.request, note)
        else:
            messages.success(self.request, f"Open the link that was sent to {address}. Then your e-mails go there.")


class ChangePassword(views.PasswordChangeView):
    template_name = FORM
    form_class = ChangePasswordForm
    success_url = reverse_lazy("account")
    extra_context = build_context("Change password", "Change password")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other browsers are signed out.")
        response = super().form_valid(form)
        remember(self.request, form.user)
        return response


class ResetPassword(FormView):
    """Asks for an address and requests a reset e-mail (`password_reset`)."""

    template_name = FORM
    form_class = ResetForm
    success_url = reverse_lazy("reset_sent")
    extra_context = build_context(
        "Forgotten password", "Send link", "Give the recovery e-mail address of your account. A link is sent to it."
    )

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            request_reset(form.cleaned_data["email"])
        except PlaygroundError as refusal:
            form.add_error(None, f"{refusal.message} Please try again in an hour.")
            return self.form_invalid(form)
        return super().form_valid(form)


class ResetSent(views.PasswordResetDoneView):
    template_name = "playground/account/reset_sent.html"


class ChooseNewPassword(views.PasswordResetConfirmView):
    template_name = "playground/account/new_password.html"
    success_url = reverse_lazy("sign_in")
    extra_context = build_context("Choose a new password", "Save password")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user_settings.record_confirmed(form.user)  # the link was sent only to the address of the account
        messages.success(self.request, "Your password is changed. Sign in with it.")
        remember(self.request, form.user)  # other people's wrong passwords must not delay the owner
        return response


@never_cache
@login_required
@require_http_methods(["GET"])
def account(request: HttpRequest) -> HttpResponse:
    """Show the account of the user."""
    return render(request, "playground/account/account.html")
