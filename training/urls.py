from django.urls import path

from training import views

urlpatterns = [
    path("datasets/", views.upload_dataset, name="datasets"),
    path("runs/<uuid:run_id>/artifacts/<str:name>", views.download_artifact, name="artifact"),
    path("shared/<str:token>/artifacts/<str:name>", views.download_shared, name="shared_artifact"),
]
