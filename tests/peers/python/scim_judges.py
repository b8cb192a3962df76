"""Two judges of SCIM servers that others wrote. Each answers with every check by name: how it ended, and why."""

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server
from scim_sanity.probe.runner import run_probe_api

from calls import serve


def scim2_tester(endpoint, token):
    """All checks of scim2-tester, against what the server's own schemas say."""
    with httpx2.Client(base_url=endpoint, headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        results = check_server(SyncSCIMClient(http))
    return [{"name": result.title, "ended": result.status.name, "reason": result.reason} for result in results]


def scim_sanity(endpoint, token):
    """The whole probe of scim-sanity in its strict profile."""
    probed = run_probe_api(endpoint, token=token, strict=True, timeout=60)
    return [
        {"name": result["name"], "ended": result["status"].upper(), "reason": result.get("message")}
        for result in probed["results"]
    ]


if __name__ == "__main__":
    serve({"scim2_tester": scim2_tester, "scim_sanity": scim_sanity})
