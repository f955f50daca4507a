"""The addresses below /docs/."""

from django.urls import path

from playground.docs import views

urlpatterns = [
    path("", views.show_contents, name="docs"),
    path("search/", views.show_results, name="docs_search"),
    path("<slug:name>/", views.show_page, name="docs_page"),
]
