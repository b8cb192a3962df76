// npm samlp as an identity provider: its Express middleware behind Node's own HTTP server, on a port that the system
// chooses. The key comes from the story, because Node can't make a certificate.
import { createPublicKey } from "node:crypto";
import { createServer } from "node:http";
import samlp from "samlp";
import xmlenc from "xml-encryption";
import { serve } from "./calls.mjs";

let key, cert, answer;
const server = createServer((request, response) => {
  expressLike(request, response).catch((problem) => response.writeHead(500).end(String(problem)));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const base = `http://127.0.0.1:${server.address().port}`;
const issuer = `${base}/metadata`;

/** Lends Node's request and response the few methods of Express that samlp uses, and routes the two addresses. */
async function expressLike(request, response) {
  const url = new URL(request.url, base);
  request.query = Object.fromEntries(url.searchParams);
  request.protocol = "http";
  request.originalUrl = request.url;
  let body = "";
  for await (const chunk of request) body += chunk;
  request.body = Object.fromEntries(new URLSearchParams(body));
  response.set = (name, value) => response.setHeader(name, value);
  response.send = (page) => response.end(page);
  const failed = (problem) => response.writeHead(400).end(String(problem));
  if (url.pathname === "/metadata") {
    const endpoints = { redirectEndpointPath: "/sso", postEndpointPath: "/sso" };
    return samlp.metadata({ issuer, cert, ...endpoints })(request, response);
  }
  samlp.auth({
    issuer,
    cert,
    key,
    getPostURL: (audience, samlRequest, _request, done) =>
      done(null, samlRequest.documentElement.getAttribute("AssertionConsumerServiceURL")),
    getUserFromRequest: () => answer.user,
    recipient: answer.recipient,
    destination: answer.recipient,
    signResponse: answer.sign !== "assertion",
    signAssertion: answer.sign !== "response",
    signatureAlgorithm: "rsa-sha256",
    digestAlgorithm: "sha256",
    ...encryption(),
  })(request, response, failed);
}

// samlp hands neither the key's algorithm nor its digest on to xml-encryption, so they are added on the way.
const { encrypt } = xmlenc;
xmlenc.encrypt = (xml, options, done) => {
  const { key_algorithm: keyEncryptionAlgorithm, digest: keyEncryptionDigest } = answer.encrypt;
  encrypt(xml, { ...options, keyEncryptionAlgorithm, keyEncryptionDigest }, done);
};

/** How samlp has npm xml-encryption encrypt, where the story wants it to; whatever that is by now. */
function encryption() {
  if (!answer.encrypt) return {};
  const { certificate, algorithm } = answer.encrypt;
  return {
    encryptionCert: certificate,
    encryptionPublicKey: createPublicKey(certificate).export({ type: "spki", format: "pem" }),
    encryptionAlgorithm: algorithm,
    disallowEncryptionWithInsecureAlgorithm: false,
    warnOnInsecureEncryptionAlgorithm: false,
  };
}

await serve({
  /** Gives the provider its key and certificate (PEM) and answers its metadata. */
  async metadata(identity) {
    ({ key, cert } = identity);
    return { xml: await (await fetch(issuer)).text(), url: issuer };
  },
  /** How the next requests are answered: sign ("response", "assertion", "both"), recipient, user (a Passport profile),
   * encrypt {certificate (PEM), algorithm, key_algorithm, digest}. */
  answer_with(next) {
    answer = next;
  },
});
process.exit();
