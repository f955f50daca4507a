"""The page on which somebody deletes their account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from playground.account_data.deletion import delete_account
from playground.account_data.guest_transfer import transfer_guest
from playground.accounts.forms import DeletionForm
from playground.accounts.views import FORM, build_context
from progress.exceptions import StorageUnavailable


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Ask for the password, then delete the account and everything that it owns."""
    assert request.user.is_authenticated
    form = DeletionForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = request.user
        try:
            transfer_guest(request=request, user=user)  # what a page that was open at sign-in did since is deleted, too
            delete_account(user)
        except StorageUnavailable as error:
            form.add_error(None, f"{error.message} Nothing is deleted yet: try again in a minute.")
        else:
            logout(request)
            messages.success(request, "Your account is deleted, with everything in it.")
            return redirect("sign_in")
    note = "This permanently deletes your runs, models, tables, points, settings and e-mails."
    return render(request, FORM, {"form": form, **build_context("Delete account", "Delete everything", note)})
