"""Commits that are killed at a random moment leave the state before or the state after, never a part."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KILLS = 12
# Children are forked, so that the time goes into commits and not into imports; nobody holds a connection then.
_CAMPAIGN = """
import json, os, random, select, signal, sys, time
from pathlib import Path
from tests.store.registers import COUNTY, event, parcels, register
from landinv.store import open_store

path, kills = Path(sys.argv[1]), int(sys.argv[2])

def commits(pipe):
    store = open_store(path, county=COUNTY)
    state = store.read_state()
    count = len(state.parcels) if state else 0
    while True:
        count = count + 40 if count < 200 else 20
        done = store.commit(register(parcels(count)), event())
        os.write(pipe, f"{done.batch} {count}\\n".encode())

def trial(delay_s, after_one):
    out, pipe = os.pipe()
    child = os.fork()
    if not child:
        commits(pipe)
    os.close(pipe)
    if after_one:
        select.select([out], [], [])
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(out) as told:
        return os.WTERMSIG(status) == signal.SIGKILL, [tuple(map(int, line.split())) for line in told]

chance = random.Random(7)
store = open_store(path, county=COUNTY)
started = time.monotonic()
open_store(path.with_name("measure.gpkg"), county=COUNTY).commit(register(), event())
commit_s = time.monotonic() - started
trials = []
for number in range(kills):
    # Every other one is let through its first commit, however slow the machine is.
    killed, acknowledged = trial(chance.uniform(0.1, 1.5) * commit_s, number % 2)
    problems = store.verify().to_dict("records")
    events, state = store.events(), store.read_state()
    trials.append({
        "killed": killed, "acknowledged": acknowledged, "problems": problems,
        "batches": events["batch"].tolist() if len(events) else [],
        "held": len(state.parcels) if state else 0,
    })
print(json.dumps(trials))
"""


def test_killed_commits_leave_whole_states_and_lose_no_acknowledged_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CAMPAIGN, str(tmp_path / "inventory.gpkg"), str(KILLS)],
        capture_output=True,
        check=True,
        text=True,
    )
    trials = json.loads(done.stdout)
    assert len(trials) == KILLS
    counts: dict[int, int] = {}
    for trial in trials:
        counts |= dict(trial["acknowledged"])
        assert trial["killed"]
        assert trial["problems"] == []
        # A batch more than was acknowledged is right: it was killed between its commit and its word.
        last = len(trial["batches"])
        assert trial["batches"] == list(range(1, last + 1))
        assert last >= max(counts, default=0)
        assert trial["held"] == counts.get(last, trial["held"])
        assert trial["held"] in (0, 20, *range(40, 241, 20))
    assert len(counts) >= KILLS // 2
