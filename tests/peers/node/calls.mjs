// How a story talks to a peer: one JSON object a line on standard input, one answer a line on standard output. The peer
// ends when its input does: serve returns then.
import { createInterface } from "node:readline";

/** Answers each line {"call": NAME, ...arguments} with {"ok": result} or {"error": what went wrong}. */
export async function serve(calls) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { call, ...rest } = JSON.parse(line);
    let answer;
    try {
      answer = { ok: (await calls[call](rest)) ?? null };
    } catch (problem) {
      answer = { error: described(problem) };
    }
    console.log(JSON.stringify(answer));
  }
}

/** An error as a story sees it; a client library's errors carry the status and the code that the server sent. */
function described(problem) {
  console.error(problem);
  const { name, message, status, code, error, error_description, errors, requestID } = problem;
  return { name, message, status, code, error, error_description, errors, requestID };
}
