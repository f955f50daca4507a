"""The pages of accounts: Django's own views in our look, sign-up, and the way out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, views
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from notifications import resets, user_settings
from notifications.exceptions import MailLimitReached
from notifications.preferences import Preferences
from playground.accounts.adoption import adopt_guest
from playground.accounts.deletion import delete_account
from playground.accounts.forms import ChangePasswordForm, DeletionForm, ResetForm, SignInForm, SignUpForm
from playground.accounts.known_browser import remember
from playground.wire.errors import PlaygroundError
from playground.wire.identity import identify
from progress.exceptions import StorageUnavailable

FORM = "playground/account/form.html"


def words(title: str, button: str, note: str = "") -> dict[str, str]:
    return {"title": title, "button": button, "note": note}


class SignIn(views.LoginView):
    form_class = SignInForm
    template_name = "playground/account/sign_in.html"
    extra_context = words("Sign in", "Sign in")

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_busy"):
            response.status_code = 429
        return response


@method_decorator(never_cache, name="dispatch")
class SignUp(FormView):
    template_name = "playground/account/sign_up.html"
    form_class = SignUpForm
    extra_context = words("Sign up", "Make my account")

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
        except IntegrityError:  # somebody took the name between the check and now
            form.add_error("username", "A user with that username already exists.")
            return self.form_invalid(form)
        login(self.request, user)
        messages.success(self.request, f"Welcome, {user.get_username()}. What you did so far is kept in your account.")
        if user.email:
            self._send_confirmation(user.email)
        return redirect("account")

    def _send_confirmation(self, address: str) -> None:
        """Send the link that confirms the address. The account exists all the same where that is not possible now."""
        try:
            user_settings.update(identify(self.request), Preferences(email=address))
        except PlaygroundError as refusal:
            note = f"No link was sent to {address} to confirm it. {refusal.message} Try again in your settings."
            messages.warning(self.request, note)
        else:
            messages.success(self.request, f"Open the link that was sent to {address}: your results go there then.")


class ChangePassword(views.PasswordChangeView):
    template_name = FORM
    form_class = ChangePasswordForm
    success_url = reverse_lazy("account")
    extra_context = words("Change my password", "Change it")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other browsers are signed out.")
        response = super().form_valid(form)
        remember(self.request, form.user)
        return response


class ResetPassword(FormView):
    """Asks for an address and stores a request for a new password. notifications/resets.py handles the request."""

    template_name = FORM
    form_class = ResetForm
    success_url = reverse_lazy("reset_sent")
    extra_context = words("Forgotten password", "Send me a link", "Give the address that your account has.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            resets.request_reset(form.cleaned_data["email"])
        except MailLimitReached as refusal:
            form.add_error(None, f"{refusal.message} Please try again in an hour.")
            return self.form_invalid(form)
        return super().form_valid(form)


class ResetSent(views.PasswordResetDoneView):
    template_name = "playground/account/reset_sent.html"


class ChooseNewPassword(views.PasswordResetConfirmView):
    template_name = "playground/account/new_password.html"
    success_url = reverse_lazy("sign_in")
    extra_context = words("Choose a new password", "Take this one")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user_settings.record_confirmed(form.user)  # the link was sent to the address of the account alone
        messages.success(self.request, "Your password is changed. Sign in with it.")
        remember(self.request, form.user)  # the owner of the mailbox waits for nobody else's wrong passwords
        return response


@never_cache
@login_required
@require_http_methods(["GET"])
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "playground/account/account.html")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    assert request.user.is_authenticated
    form = DeletionForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = request.user
        try:
            adopt_guest(request=request, user=user)  # what a page that was open at sign-in did since goes, too
            delete_account(user)
        except StorageUnavailable as error:
            form.add_error(None, f"{error.message} Nothing is deleted yet: try again in a minute.")
        else:
            logout(request)
            messages.success(request, "Your account is deleted, with everything that was yours.")
            return redirect("sign_in")
    note = "Your runs, models, tables, points, settings and mails are deleted, for good."
    return render(request, FORM, {"form": form, **words("Delete my account", "Delete everything", note)})
