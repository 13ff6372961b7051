"""EC2's instance metadata service, version 2: does EC2 want the machine back?"""

import os
from typing import Literal

import urllib3

DEFAULT_ENDPOINT = "http://169.254.169.254"
TOKEN_SECONDS = 21_600

Notice = Literal["interruption", "rebalance"]


class Metadata:
    """Asks with a session token; a service that does not answer means no notice."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = (endpoint or os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or DEFAULT_ENDPOINT).rstrip(
            "/"
        )
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=1, read=2), retries=False)
        self._token: str | None = None

    def notice(self) -> Notice | None:
        """The interruption notice comes two minutes before the end; a rebalance recommendation comes earlier."""
        try:
            if self._there("/latest/meta-data/spot/instance-action"):
                return "interruption"
            if self._there("/latest/meta-data/events/recommendations/rebalance"):
                return "rebalance"
        except urllib3.exceptions.HTTPError:
            self._token = None
        return None

    def _there(self, path: str) -> bool:
        response = self._get(path)
        if response.status == 401:
            self._token = None
            response = self._get(path)
        return response.status == 200

    def _get(self, path: str) -> urllib3.BaseHTTPResponse:
        if self._token is None:
            ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
            answer = self._http.request("PUT", f"{self._endpoint}/latest/api/token", headers=ttl)
            if answer.status != 200:
                return answer
            self._token = answer.data.decode()
        headers = {"X-aws-ec2-metadata-token": self._token}
        return self._http.request("GET", self._endpoint + path, headers=headers)
