"""The simulator as a process of its own, and its tokens for the real clients."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import aiohttp
from azure.core.credentials import AccessToken
from azure_simulator.certificates import Certificates


def free_port() -> int:
    """Ask the kernel for a free port and keep it for a server that sets SO_REUSEADDR, also while that is restarted.

    Only Linux lets a server listen on a port that another socket holds; elsewhere the port is given back.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port: int = probe.getsockname()[1]
    if sys.platform == "linux":
        probe.detach()
    else:
        probe.close()
    return port


class Process:
    """The simulator on a fixed port, so that it can be started again at the same address."""

    def __init__(self, folder: Path, certificates: Certificates, seed_data: object, home: Path | None = None) -> None:
        seed, port = folder / "seed.json", free_port()
        seed.write_text(json.dumps(seed_data))
        self.home = home
        self.url = f"https://127.0.0.1:{port}"
        self.command = [
            sys.executable,
            "-m",
            "azure_simulator",
            "--ca-dir",
            str(certificates.folder),
            "--port",
            str(port),
        ]
        self.command += ["--journal", str(folder / "journal"), "--seed-file", str(seed), "--profile", "fast"]
        self.is_up = asyncio.Event()

    async def start(self) -> None:
        pipe = subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*self.command, stdout=pipe, cwd=self.home)
        assert self.process.stdout is not None
        assert json.loads(await self.process.stdout.readline())["url"] == self.url
        self.is_up.set()

    async def kill(self) -> None:
        self.is_up.clear()
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()


class Tokens:
    """Tokens of the cloud for the clients."""

    def __init__(self, process: Process, session: aiohttp.ClientSession) -> None:
        self.process, self.session = process, session

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        body = {"audience": scopes[0].removesuffix("/.default")}
        async with self.session.post(f"{self.process.url}/_sim/tokens", json=body) as answer:
            token = await answer.json()
        return AccessToken(token["access_token"], 2**33)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
