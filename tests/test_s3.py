"""Files in a bucket instead of on a disk, shared by server and workers, and given to their owners alone."""

from __future__ import annotations

import subprocess
import sys
import unittest

import boto3
import requests

from tests.server import ROOT, Server, Talk
from tests.stand_ins import AWS_ENVIRONMENT, start_moto

BUCKET = "lab-files"
TABLE = "age,city,bought\n" + "".join(f"{20 + n % 50},{'Bern' if n % 3 else 'Genf'},{n % 2}\n" for n in range(80))


class BucketTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        moto = start_moto()
        cls.addClassCleanup(moto.kill)
        cls.s3 = boto3.client(
            "s3", endpoint_url=moto.url, region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        cls.server = Server(
            FILE_STORAGE="s3",
            S3_BUCKET=BUCKET,
            S3_REGION="eu-central-1",
            S3_ENDPOINT_URL=moto.url,
            TRAINING_WORKERS="1",
            NO_PROXY="*",
            **AWS_ENVIRONMENT,
        )
        cls.addClassCleanup(cls.server.close)
        cls.server.start()

    def visitor(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # never through a proxy
        self.assertEqual(session.get(self.server.url, timeout=30).status_code, 200)
        return session

    def upload(self, visitor: requests.Session) -> str:
        answer = visitor.post(
            f"{self.server.url}/datasets/",
            files={"file": ("käufe.csv", TABLE.encode())},
            headers={"X-CSRFToken": visitor.cookies["csrftoken"]},
            timeout=60,
        )
        self.assertEqual(answer.status_code, 201, answer.text)
        return answer.json()["dataset_id"]

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def test_what_is_uploaded_and_made_is_in_the_bucket_and_given_to_its_owner_alone(self):
        owner, stranger = self.visitor(), self.visitor()
        dataset_id = self.upload(owner)
        key = f"datasets/{dataset_id}.csv"
        self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode(), TABLE)
        with Talk(self.server, cookie=f"sessionid={owner.cookies['sessionid']}") as talk:
            talk.send("runTraining", dataset_id=dataset_id, target="bought", epochs=3, custom_model_name="mine")
            frames = talk.receive_until("trainingArtifacts", "error")
            self.assertEqual(frames[-1]["event"], "trainingArtifacts", frames[-1])
        run_id = frames[-1]["data"]["run_id"]
        kept = self.keys(f"artifacts/{run_id}/")
        files = {file["name"]: file for file in frames[-1]["data"]["artifacts"]}
        self.assertGreaterEqual(len(kept), len(files))  # the model's preparation, too, which is not offered
        for name in ("model.pt", "results.csv", "loss.png"):
            url = self.server.url + files[name]["url"]
            answer = owner.get(url, timeout=60, allow_redirects=False)
            self.assertEqual((answer.status_code, len(answer.content)), (200, files[name]["size"]))
            [stored] = [key for key in kept if key.endswith(f"-{name}")]
            self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key=stored)["Body"].read(), answer.content)
            refused = stranger.get(url, timeout=60, allow_redirects=False)
            self.assertEqual((refused.status_code, refused.json()["code"]), (404, "run_not_found"))
        self.assert_private([key, *kept])
        self.assertFalse((self.server.data_dir / "files").exists())
        self.assert_goes_with_its_run(talk.cookie, run_id)

    def assert_private(self, keys: list[str]) -> None:
        """Check that only the owner has access to the object."""
        for key in keys:
            acl = self.s3.get_object_acl(Bucket=BUCKET, Key=key)
            self.assertEqual(
                [(grant["Grantee"]["ID"], grant["Permission"]) for grant in acl["Grants"]],
                [(acl["Owner"]["ID"], "FULL_CONTROL")],
            )

    def assert_goes_with_its_run(self, cookie: str, run_id: str) -> None:
        with Talk(self.server, cookie=cookie) as talk:
            self.assertEqual(talk.ask("deleteTraining", run_id=run_id)["event"], "trainingDeleted")
        self.assertEqual(self.keys(f"artifacts/{run_id}/"), [])

    def test_the_server_is_ready_and_cleans_up_the_bucket(self):
        answer = self.visitor().get(f"{self.server.url}/readyz", timeout=30)
        self.assertEqual(answer.json()["checks"]["files"]["status"], "ok", answer.text)
        self.s3.put_object(Bucket=BUCKET, Key="artifacts/lost/model.pt", Body=b"lost")
        command = [sys.executable, "-c", CLEAN_A_WEEK_LATER]
        done = subprocess.run(
            command, cwd=ROOT, env=self.server.environment, capture_output=True, text=True, timeout=120
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.keys("artifacts/lost/"), [])


# The bucket sets the time of a file, and clients cannot change it.
CLEAN_A_WEEK_LATER = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from datetime import timedelta
from training import cleanup
cleanup.ORPHAN_AGE = timedelta(days=-7)
assert cleanup.remove_orphans(dry_run=True) >= 1
cleanup.remove_orphans(dry_run=False)
"""
