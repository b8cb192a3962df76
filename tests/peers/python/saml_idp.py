"""pysaml2 as an identity provider: it listens on a port that the system chooses, reads our AuthnRequests with its own
parser and our metadata, and answers as the story told it to."""

import base64
import datetime
import functools
import html
import pathlib
import shutil
import tempfile
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

warnings.filterwarnings("ignore")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
import saml2.entity
import saml2.sigver
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.assertion import Policy
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAME_FORMAT_URI, NameID
from saml2.server import Server

from calls import serve

HASHES = {
    "sha256": ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256"),
    "sha512": ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512"),
}
XENC, XENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
CIPHERS = {
    "aes128-gcm": (XENC11 + "aes128-gcm", "aes-128"),
    "aes256-gcm": (XENC11 + "aes256-gcm", "aes-256"),
    "aes256-cbc": (XENC + "aes256-cbc", "aes-256"),
    "tripledes-cbc": (XENC + "tripledes-cbc", "des-192"),
}
PASSWORD = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "authn_auth": "https://idp.test"}


def make_key(directory):
    """An RSA key and its self-signed certificate, as files, because pysaml2 hands them to xmlsec1."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pysaml2")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_file, cert_file = directory / "key.pem", directory / "cert.pem"
    key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    cert_file.write_bytes(certificate.public_bytes(pem))
    return str(key_file), str(cert_file)


def encrypt_with(server, cipher):
    """Has xmlsec1 encrypt by this cipher: pysaml2 offers no setting for it, and takes Triple DES by itself. The certificate is
    the one that our metadata offers for encryption."""
    algorithm, session_key = CIPHERS[cipher]
    saml2.entity.pre_encryption_part = functools.partial(saml2.sigver.pre_encryption_part, msg_enc=algorithm)
    server.sec.encrypt_assertion = functools.partial(server.sec.encrypt_assertion, key_type=session_key)


CONDITIONS = Policy.conditions


def made_out_to(audience):
    """Conditions for this audience instead of the service provider's own: pysaml2 offers no setting for a mistake."""
    return lambda policy, sp_entity_id: CONDITIONS(policy, audience or sp_entity_id)


class Idp:
    """The provider: its HTTP face, and what the story told it."""

    def __init__(self, directory):
        self.key_file, self.cert_file = make_key(directory)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), face(self))
        self.base = f"http://127.0.0.1:{self.http.server_port}"
        self.service_providers, self.answer, self.asked = [], {}, None
        self.want_signed = False
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def config(self):
        sso = f"{self.base}/sso"
        return IdPConfig().load(
            {
                "entityid": f"{self.base}/metadata",
                "service": {
                    "idp": {
                        "endpoints": {"single_sign_on_service": [(sso, BINDING_HTTP_REDIRECT), (sso, BINDING_HTTP_POST)]},
                        "want_authn_requests_signed": self.want_signed,
                        "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None, "name_form": NAME_FORMAT_URI}},
                    }
                },
                "key_file": self.key_file,
                "cert_file": self.cert_file,
                "metadata": {"inline": self.service_providers},
                "xmlsec_binary": shutil.which("xmlsec1"),
            }
        )

    # ---- what a story says ----

    def metadata(self, want_signed=False):
        """The provider's metadata; from now on it refuses unsigned AuthnRequests if it wants them signed."""
        self.want_signed = want_signed
        return {"url": f"{self.base}/metadata", "xml": str(entity_descriptor(self.config())), "certificate": pathlib.Path(self.cert_file).read_text()}

    def trust(self, sp_metadata):
        """Takes our metadata for the service provider's."""
        self.service_providers = [sp_metadata]

    def answer_with(self, **answer):
        """How the next requests are answered: sign ("response", "assertion", "both"), hash, audience, encrypt {cipher}, user {name_id,
        format, attributes}."""
        self.answer = answer

    def last_request(self):
        """What the last AuthnRequest said."""
        return self.asked

    def unsolicited(self, acs_url, sp_entity_id, relay_state=None):
        """A response that nobody asked for, as a form."""
        return self.form(self.respond(acs_url, sp_entity_id, None), acs_url, relay_state)

    # ---- what a browser does ----

    def sign_in(self, binding, fields):
        """Reads an AuthnRequest, its signature too, and answers with the page that posts the response."""
        server = Server(config=self.config())
        signed = {"sigalg": fields.get("SigAlg"), "signature": fields.get("Signature")} if "Signature" in fields else {}
        request = server.parse_authn_request(fields["SAMLRequest"], binding, relay_state=fields.get("RelayState"), **signed)
        arguments = server.response_args(request.message)
        self.asked = {"id": request.message.id, "force_authn": request.message.force_authn, "signed": "Signature" in fields or request.message.signature is not None}
        response = self.respond(arguments["destination"], arguments["sp_entity_id"], arguments["in_response_to"], server)
        return self.form(response, arguments["destination"], fields.get("RelayState"))

    def respond(self, destination, sp_entity_id, in_response_to, server=None):
        signature, digest = HASHES[self.answer.get("hash", "sha256")]
        user, sign, encrypt = self.answer["user"], self.answer.get("sign", "assertion"), self.answer.get("encrypt")
        server = server or Server(config=self.config())
        if encrypt:
            encrypt_with(server, encrypt["cipher"])
        Policy.conditions = made_out_to(self.answer.get("audience"))
        return server.create_authn_response(
            user["attributes"],
            in_response_to,
            destination,
            sp_entity_id,
            name_id=NameID(format=user.get("format", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"), text=user["name_id"]),
            authn=PASSWORD,
            sign_response=sign in ("response", "both"),
            sign_assertion=sign in ("assertion", "both"),
            sign_alg=signature,
            digest_alg=digest,
            encrypt_assertion=bool(encrypt),
            encrypt_assertion_self_contained=True,
        )

    def form(self, response, destination, relay_state):
        fields = {"SAMLResponse": base64.b64encode(str(response).encode()).decode()}
        if relay_state is not None:
            fields["RelayState"] = relay_state
        inputs = "".join(f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items())
        return f'<!doctype html><title>pysaml2</title><form method="post" action="{html.escape(destination)}">{inputs}<button>Go on</button></form>'


def face(idp):
    """The provider's HTTP face: /sso by both bindings, /metadata."""

    class Face(BaseHTTPRequestHandler):
        def do_GET(self):
            target = urlsplit(self.path)
            if target.path == "/metadata":
                return self.send(idp.metadata(idp.want_signed)["xml"], "application/samlmetadata+xml")
            return self.sign_in(BINDING_HTTP_REDIRECT, target.query)

        def do_POST(self):
            self.sign_in(BINDING_HTTP_POST, self.rfile.read(int(self.headers["Content-Length"])).decode())

        def sign_in(self, binding, fields):
            try:
                self.send(idp.sign_in(binding, dict(parse_qsl(fields))), "text/html; charset=utf-8")
            except Exception as problem:
                self.send_error(400, type(problem).__name__, str(problem))

        def send(self, body, content_type):
            body = body.encode()
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Face


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        idp = Idp(pathlib.Path(directory))
        serve({"metadata": idp.metadata, "trust": idp.trust, "answer_with": idp.answer_with, "last_request": idp.last_request, "unsolicited": idp.unsolicited})
