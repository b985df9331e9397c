"""Apps that a host may refuse to start, and how it refuses them."""

import subprocess
import sys
from pathlib import Path

HOST_JSON = '{"version": "2.0", "extensionBundle": {}}'
HEAD = "import azure.functions as func\napp = func.FunctionApp()\n"
SAME_NAME = """
@app.route(route="{0}")
@app.function_name("same")
def {0}(req: func.HttpRequest) -> str:
    return ""
"""


def run_start(app: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``start`` for an app that should be refused."""
    command = [sys.executable, "-m", "functions_host", "start", "--app", str(app), "--port", "0", "--rpc-port", "0"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=30)
