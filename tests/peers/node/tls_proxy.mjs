// TLS in front of Portico on one machine, as API Gateway has it in AWS: ends TLS, passes the bytes on.
import { connect } from "node:net";
import { createServer } from "node:tls";
import { serve } from "./calls.mjs";

let target;

await serve({
  /** Listens with this key and certificate (PEM) on a port that the system chooses, and answers the port. */
  async listen({ key, cert }) {
    const server = createServer({ key, cert }, (incoming) => {
      const outgoing = connect(target, "127.0.0.1");
      incoming.pipe(outgoing).pipe(incoming);
      for (const [one, other] of [[incoming, outgoing], [outgoing, incoming]]) one.on("error", () => other.destroy());
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    return server.address().port;
  },
  /** The port that the bytes go to. */
  forward({ port }) {
    target = port;
  },
});
process.exit();
