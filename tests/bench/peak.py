"""`peak.py check --json FILE` prints the command's first report, with its peak memory in MB."""

import json
import resource
import subprocess
import sys

done = subprocess.run([sys.executable, "-m", "distillery", *sys.argv[1:]], stdout=subprocess.PIPE, check=False)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # KB on Linux, bytes on macOS
(report,) = json.loads(done.stdout)["reports"]
print(json.dumps(report | {"peak_mb": peak / (1e6 if sys.platform == "darwin" else 1e3)}))
