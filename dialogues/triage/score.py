"""Scores messages on the command line: one JSON object a line in, one a line out.

`frontdoor triage` starts this when no dialogue process runs. A line in holds `texts`; a line
out holds their `results` and the model's `version`.
"""

import argparse
import json
import sys
from pathlib import Path

from dialogues.triage.scorer import Scorer, ScorerError


def main() -> int:
    """Answers line by line until the input ends, and gives the exit code."""
    parser = argparse.ArgumentParser(description="Score messages with the triage model.")
    parser.add_argument("--model-dir", type=Path, required=True)
    options = parser.parse_args()
    try:
        scorer = Scorer.load(options.model_dir)
    except ScorerError as error:
        sys.stderr.write(f"triage: {error}\n")
        return 1
    for line in sys.stdin:
        texts = json.loads(line)["texts"]
        answer = {"results": scorer.score(texts), "version": scorer.version}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
