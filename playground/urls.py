"""Which address goes to which view."""

from django.contrib import admin
from django.urls import include, path

from playground import health, learn, metrics, run_views, theme, views

handler500 = "playground.outage.answer_failure"

urlpatterns = [
    path("", views.index, name="index"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/", run_views.my_runs, name="runs"),
    path("runs/compare/", run_views.compare, name="compare"),
    path("shared/<str:token>/", run_views.shared, name="shared"),
    path("", include("training.urls")),
    path("", include("notifications.urls")),
    path("learn/", learn.list_modules, name="learn"),
    path("learn/<slug:module_id>/", learn.show_module, name="module"),
    path("theme/", theme.choose_theme, name="theme"),
    path("account/", include("playground.accounts.urls")),
    path("asyncapi.json", views.asyncapi, name="asyncapi"),
    path("developers/", views.developers, name="developers"),
    path("docs/", include("playground.docs.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
    path("admin/", admin.site.urls),
]
