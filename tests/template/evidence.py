"""What the code says about itself, for the template to be held against. tests/run has both files written beforehand.

- contract.json: per function, its routes and the variables that its configuration reads (`cargo run --bin contract`).
- recorded-calls.jsonl: every call to DynamoDB and KMS that the stories made, one a line:
  {"function", "action", "index", "leading_keys"} or {"function", "action", "class"}.
"""

import json
import os
from pathlib import Path

from template import ROOT

FOLDER = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "portico"


def facts():
    return json.loads((FOLDER / "contract.json").read_text())


def recorded():
    lines = set((FOLDER / "recorded-calls.jsonl").read_text().splitlines())
    return [json.loads(line) for line in sorted(lines)]
