from django.urls import path

from notifications import views

urlpatterns = [
    path("settings/", views.edit_settings, name="settings"),
    path("settings/email/<str:token>/", views.confirm_email, name="confirm_email"),
    path("settings/reports/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
