// npm openid-client: a certified OpenID Connect relying party, as a confidential or a public client.
import * as client from "openid-client";
import { serve } from "./calls.mjs";

let config, redirectUri, verifier, state, nonce;

await serve({
  /** Reads the discovery document; without a secret the client is a public one. Answers what was discovered. */
  async discover({ issuer, client_id, client_secret, redirect_uri }) {
    const authentication = client_secret ? client.ClientSecretBasic(client_secret) : client.None();
    const options = { execute: [client.allowInsecureRequests] };
    config = await client.discovery(new URL(issuer), client_id, undefined, authentication, options);
    redirectUri = redirect_uri;
    return config.serverMetadata();
  },
  /** The address that the browser is sent to, with PKCE, state and nonce. */
  async authorization_url({ parameters }) {
    verifier = client.randomPKCECodeVerifier();
    state = client.randomState();
    nonce = client.randomNonce();
    return client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: "openid email profile",
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...parameters,
    }).href;
  },
  /** Trades the code of the callback for tokens and checks the id_token: signature, issuer, audience, times, nonce. */
  async exchange({ callback, max_age }) {
    const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
      maxAge: max_age ?? undefined,
    });
    return { ...tokens, claims: tokens.claims() };
  },
  userinfo: ({ access_token, subject }) => client.fetchUserInfo(config, access_token, subject),
  introspect: ({ token }) => client.tokenIntrospection(config, token),
  revoke: ({ token }) => client.tokenRevocation(config, token),
});
process.exit();
