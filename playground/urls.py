"""Which address goes to which view."""

from django.contrib import admin
from django.urls import include, path

from playground import health, learn, metrics, run_views, views
from playground.account_data.views import delete as delete_account
from playground.accounts import settings_views

handler500 = "playground.outage.answer_failure"

urlpatterns = [
    path("", views.index, name="index"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/", run_views.my_runs, name="runs"),
    path("runs/compare/", run_views.compare, name="compare"),
    path("shared/<str:token>/", run_views.shared, name="shared"),
    path("", include("training.urls")),
    path("settings/", settings_views.edit_settings, name="settings"),
    path("settings/email/<str:token>/", settings_views.confirm_email, name="confirm_email"),
    path("settings/reports/<str:token>/", settings_views.unsubscribe, name="unsubscribe"),
    path("theme/", settings_views.choose_theme, name="theme"),
    path("learn/", learn.list_modules, name="learn"),
    path("learn/<slug:module_id>/", learn.show_module, name="module"),
    path("account/", include("playground.accounts.urls")),
    path("account/delete/", delete_account, name="delete_account"),
    path("asyncapi.json", views.asyncapi, name="asyncapi"),
    path("developers/", views.developers, name="developers"),
    path("docs/", include("playground.docs.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path("admin/", admin.site.urls),
]
