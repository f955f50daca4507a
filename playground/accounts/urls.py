"""Addresses of account pages, below /account/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from playground.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-up/", views.SignUp.as_view(), name="sign_up"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("password/", views.ChangePassword.as_view(), name="change_password"),
    path("password/forgotten/", views.ResetPassword.as_view(), name="reset_password"),
    path("password/forgotten/sent/", views.ResetSent.as_view(), name="reset_sent"),
    path("password/new/<uidb64>/<token>/", views.ChooseNewPassword.as_view(), name="new_password"),
]
