"""How a story talks to a peer: one JSON object a line on standard input, one answer a line on standard output. The peer
ends when its input does."""

import json
import sys
import traceback


def serve(calls):
    """Answers each line {"call": NAME, ...arguments} with {"ok": result} or {"error": what went wrong}."""
    for line in sys.stdin:
        arguments = json.loads(line)
        try:
            answer = {"ok": calls[arguments.pop("call")](**arguments)}
        except Exception as problem:
            answer = {"error": described(problem)}
        print(json.dumps(answer, default=str), flush=True)


def described(problem):
    """An exception as a story sees it; an SDK's errors carry the status and the code that the server sent."""
    traceback.print_exception(problem, file=sys.stderr)
    answer = {"name": type(problem).__name__, "message": str(problem)}
    for name in ("status_code", "code", "request_id", "errors", "error", "error_description"):
        if getattr(problem, name, None) is not None:
            answer[name] = getattr(problem, name)
    return answer
