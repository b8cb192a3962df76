// The official WorkOS SDK for Node, pointed at Portico: any of its methods by name.
import { WorkOS } from "@workos-inc/node";
import { serve } from "./calls.mjs";

let workos;

await serve({
  connect({ base_url, api_key, client_id }) {
    const { hostname, port, protocol } = new URL(base_url);
    workos = new WorkOS(api_key, {
      clientId: client_id,
      apiHostname: hostname,
      port: Number(port),
      https: protocol === "https:",
    });
  },
  /** Calls e.g. "sso.getProfile" with a list of arguments. */
  async use({ method, arguments: list }) {
    const [resource, name] = method.split(".");
    return plain(await workos[resource][name](...list));
  },
});
process.exit();

/** A page without the SDK's means to fetch the next one. */
function plain(result) {
  return result?.object === "list" ? { data: result.data, listMetadata: result.listMetadata } : result;
}
