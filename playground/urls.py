"""Which address goes to which view."""

from django.contrib import admin
from django.urls import include, path

from playground import run_views, views

urlpatterns = [
    path("", views.index, name="index"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("runs/", run_views.my_runs, name="runs"),
    path("runs/compare/", run_views.compare, name="compare"),
    path("shared/<str:token>/", run_views.shared, name="shared"),
    path("", include("training.urls")),
    path("", include("notifications.urls")),
    path("asyncapi.json", views.asyncapi, name="asyncapi"),
    path("developers/", views.developers, name="developers"),
    path("admin/", admin.site.urls),
]
