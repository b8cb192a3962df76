"""The official WorkOS SDK for Python, pointed at Portico: any of its methods by name, with the models that they take."""

from workos import WorkOSClient
from workos.sso import CreateProtocolOptionsSAML, PatchProtocolOptionsSAML
from workos.sso.models import CreateConnectionSAMLOptions, PatchConnectionSAMLOptions

from calls import serve

SAML_OPTIONS = {
    "create_connection": lambda options: CreateProtocolOptionsSAML(saml_options=CreateConnectionSAMLOptions.from_dict(options)),
    "update_connection": lambda options: PatchProtocolOptionsSAML(saml_options=PatchConnectionSAMLOptions.from_dict(options)),
}


class Sdk:
    """A client, once it was told where to connect to."""

    def connect(self, base_url, api_key, client_id):
        self.client = WorkOSClient(api_key=api_key, client_id=client_id, base_url=base_url, max_retries=0)

    def use(self, method, arguments):
        """Calls e.g. "sso.list_connections"; saml_options become the SDK's own model of them."""
        resource, name = method.split(".")
        if "saml_options" in arguments:
            arguments["protocol_options"] = SAML_OPTIONS[name](arguments.pop("saml_options"))
        return plain(getattr(getattr(self.client, resource), name)(**arguments))


def plain(result):
    """The SDK's models as JSON; of a page, what it holds and the cursor to the next."""
    if hasattr(result, "to_dict"):
        return result.to_dict()
    if hasattr(result, "data"):
        return {"data": [plain(one) for one in result.data], "after": getattr(result, "after", None)}
    return result


if __name__ == "__main__":
    sdk = Sdk()
    serve({"connect": sdk.connect, "use": sdk.use})
