"""Which address goes to which view."""

from django.contrib import admin
from django.urls import include, path

from playground import views

urlpatterns = [
    path("", views.index, name="index"),
    path("runs/<uuid:run_id>/", views.run, name="run"),
    path("", include("training.urls")),
    path("", include("notifications.urls")),
    path("asyncapi.json", views.asyncapi, name="asyncapi"),
    path("developers/", views.developers, name="developers"),
    path("admin/", admin.site.urls),
]
