"""Ctrl-C in a notebook: a kernel of its own, interrupted as Jupyter does it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

manager = pytest.importorskip("jupyter_client.manager")
pytest.importorskip("ipykernel")

CELL = """
import stickershock as ss
scenario = ss.example("market-1995").set({{"buyers.count": 8192, "buyers.pricing_nodes": 8192}})
heard = []
def listen(done, jobs):
    heard.append(done)
    if len(heard) == 1 or done and heard[-2] == 0:
        print("at", done, flush=True)
result = ss.run(scenario, replications={replications}, regimes=["imposed"], out={out!r}, charts=False, progress=listen)
print("complete after", heard[0])
"""


def messages(client: Any, asked: str) -> Any:
    """What the kernel says to a cell, until it is idle again."""
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != asked:
            continue
        yield message
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return


@pytest.mark.filterwarnings("ignore")
def test_ctrl_c_in_a_notebook_stops_within_a_second_and_the_next_call_goes_on(tmp_path: Path) -> None:
    kernel, client = manager.start_new_kernel(kernel_name="python3")
    try:
        cell = CELL.format(replications=120, out=str(tmp_path / "run"))
        asked = client.execute(cell)
        interrupted, errors = None, []
        for message in messages(client, asked):
            if message["msg_type"] == "stream" and "at" in message["content"]["text"] and interrupted is None:
                # Some jobs are done by then, and seconds of work are left.
                time.sleep(0.1)
                interrupted = time.monotonic()
                kernel.interrupt_kernel()
            if message["msg_type"] == "error":
                errors.append(message["content"]["ename"])
        assert interrupted is not None
        waited = time.monotonic() - interrupted
        assert errors == ["KeyboardInterrupt"]
        assert waited < 1.0, f"{waited:.2f} s"
        said = [
            message["content"].get("text", message["content"].get("ename", ""))
            for message in messages(client, client.execute(cell))
            if message["msg_type"] in ("stream", "error")
        ]
        after = int("".join(said).rsplit("complete after ", 1)[1])
        assert after > 0, "what was done is not done again"
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
