"""How much of a cluster a scan uses: the farm's scheduling on up to 65536 ranks, in simulated time."""

import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from report import Table
from simulation import Costs, simulate

from glassnet.scan.directory.run_directory import RunDirectory
from glassnet.scan.execute import farm
from glassnet.scan.execute.progress import Progress
from glassnet.scan.execute.schedule import Schedule
from glassnet.scan.tasks.glass_tasks import Task

TASKS = {16: 400, 256: 6400, 4096: 100_000, 65536: 1_000_000}
MEAN_SECONDS = 300.0
ORDERS = ("as listed", "longest first", "corrected", "known times")
#: one node in five is slower by a fifth
SLOW_NODES, SLOWER = 0.2, 1.2
RANKS_PER_NODE = 64


class Workload(NamedTuple):
    """Tasks of a scan, in the order in which a run file lists them.

    Attributes
    ----------
    sizes : ndarray of int, (n_tasks,)
    costs : ndarray, (n_tasks,)
        Seconds of every task if the cost model were right.
    seconds : ndarray, (n_tasks,)
        Seconds it takes at full speed.
    """

    sizes: np.ndarray
    costs: np.ndarray
    seconds: np.ndarray


def workload(n_tasks, mean=MEAN_SECONDS, scatter=0.2, wrong=2.0, seed=1) -> Workload:
    """Nine sizes from 48 to 240 at five dilutions, equally many samples of each.

    Parameters
    ----------
    n_tasks : int
    mean : float
        Mean seconds of a task.
    scatter : float
        Standard deviation of the logarithm of the time of equal tasks.
    wrong : float
        The cost model is wrong by factors from 1 / wrong to wrong, in no order of the sizes.
    seed : int
    """
    rng = np.random.default_rng(seed)
    sizes, dilutions = np.arange(48, 241, 24), np.arange(5) / 10
    node = np.arange(n_tasks) * (len(sizes) * len(dilutions)) // n_tasks
    index = node // len(dilutions)
    costs = sizes[index] * (1 - dilutions[node % len(dilutions)])
    error = wrong ** rng.permutation(np.linspace(-1, 1, len(sizes)))
    seconds = costs * error[index] * rng.lognormal(0, scatter, n_tasks)
    scale = mean / seconds.mean()
    return Workload(sizes[index], costs * scale, seconds * scale)


def slowness(n_ranks, seed=2) -> np.ndarray:
    """By how much every rank is slower than full speed; nodes have 64 ranks, or 4 if there are few."""
    per_node = RANKS_PER_NODE if n_ranks >= 4 * RANKS_PER_NODE else 4
    slow = np.random.default_rng(seed).random(-(-n_ranks // per_node)) < SLOW_NODES
    return np.where(slow, SLOWER, 1.0).repeat(per_node)[:n_ranks]


def run(n_ranks, work, order, service):
    """Record of a simulated scan whose tasks are handed out in one of ORDERS."""
    believed = {"as listed": np.ones(len(work.costs)), "known times": work.seconds}.get(order, work.costs)
    costs = dict(enumerate(believed.tolist()))
    kinds = work.sizes.tolist() if order == "corrected" else None
    seconds, slower = work.seconds.tolist(), slowness(n_ranks).tolist()
    return simulate(
        n_ranks, Schedule(costs, kinds), costs, lambda number, rank: seconds[number] * slower[rank], service
    )


def scheduling(effort):
    """Tables of what part of their time ranks work, and the plot."""
    service = measured_costs()
    scale, records = _by_ranks(effort, service)
    lengths, points = _by_length(effort, service)
    yield Table("Farm, by the number of ranks", scale, _notes(service))
    yield Table(
        "Farm, by the length of a task",
        lengths,
        [
            "Tasks as above, 25 for each rank, longest first and corrected; a task takes so long in the mean.",
            f"Short tasks wait: another rank looks for an answer every {farm.IDLE * 1e3:.0f} ms, and up to "
            f"{farm.LEADER_WORKS_UP_TO} ranks rank 0 works too and answers after a stretch of {service.stretch} s.",
        ],
    )
    effort.out.mkdir(parents=True, exist_ok=True)
    draw(scale, points, records, effort.out / "farm.png")


def _by_ranks(effort, service):
    rows, kept = [], {}
    for n_ranks, n_tasks in TASKS.items():
        if effort.quick and n_ranks > 4096:
            continue
        work = workload(n_tasks)
        records = {order: run(n_ranks, work, order, service) for order in ORDERS}
        if n_ranks == 4096:
            kept = records
        used = records["corrected"]
        slow = Costs(*(10 * value for value in service[:2]), *service[2:])
        rows.append(
            {"ranks": n_ranks, "tasks": n_tasks, "longest / mean load": work.seconds.max() * n_ranks / used.worked}
            | {order: f"{record.efficiency:.4f}" for order, record in records.items()}
            | {"rank 0 busy": f"{used.busy / used.makespan:.4f}", "messages/s": 2 * n_tasks / used.makespan}
        )
        if n_ranks == 4096:
            again = run(n_ranks, work, "corrected", slow)
            rows[-1]["messages 10 times as costly"] = f"{again.efficiency:.4f}, busy {again.busy / again.makespan:.4f}"
    return rows, kept


def _by_length(effort, service):
    rows, points = [], {}
    for n_ranks in (2, 16, 256, 4096):
        for mean in (0.1, 1.0, 10.0, 100.0, 1000.0):
            if effort.quick and n_ranks == 4096 and mean > 10:
                continue
            record = run(n_ranks, workload(25 * n_ranks, mean), "corrected", service)
            found = record.efficiency, record.busy / record.makespan
            points.setdefault(n_ranks, []).append((mean, *found))
            rows.append(
                {
                    "ranks": n_ranks,
                    "s per task": mean,
                    "efficiency": f"{found[0]:.4f}",
                    "rank 0 busy": f"{found[1]:.4f}",
                }
            )
    return rows, points


def _notes(service):
    receive, send, each = (f"{1e6 * value:.1f} us" for value in (service.receive, service.send, service.note_each))
    return [
        "Rank 0 runs the farm's own code and schedule; other ranks, the network and the clock are simulated. A column "
        "for each order of the tasks: time on tasks over the time of all ranks, from the first message to the last.",
        "Tasks: sizes 48 to 240, five dilutions, 300 s in the mean; equal tasks scatter by 20 %, the cost model is "
        "wrong by factors from 1/2 to 2 between sizes, one node in five is slower by 20 %.",
        "Longest first goes by the cost model; corrected also by the speed of tasks of the same size that have ended; "
        "known times as if all times were known.",
        "Longest / mean load: longest task over time of a rank. Only above 1 would it bound what any order can reach.",
        f"Up to {farm.LEADER_WORKS_UP_TO} ranks rank 0 works too; above it only serves, which costs 1 / ranks.",
        f"Measured here: rank 0 needs {receive} for a message it gets, {send} for one it sends; every 5 s for what "
        f"`glassnet status` reads {1e3 * service.note:.0f} ms and {each} for each task under way. "
        f"Assumed: a message is on its way for {1e6 * service.latency:.0f} us.",
    ]


def measured_costs(n=20_000) -> Costs:
    """Times of the farm's own steps on this machine: MPI with oneself, schedule, progress, word for the status."""
    work = workload(n)
    costs = dict(enumerate(work.costs.tolist()))
    schedule = Schedule(costs, work.sizes.tolist())
    shown = Progress(n, 0, 1.0, 2)
    begun = time.perf_counter()
    for rank in range(n):
        schedule.next(rank)
    given = (time.perf_counter() - begun) / n
    note, each = _time_of_notes(schedule, work)
    begun = time.perf_counter()
    for number, seconds in enumerate(work.seconds.tolist()):
        schedule.finish(number, seconds=seconds)
        shown.finished(1, seconds, costs[number], False)
    booked = (time.perf_counter() - begun) / n
    received, sent = _time_of_messages()
    return Costs(received + booked, sent + given, note=note, note_each=each)


def _time_of_notes(schedule, work):
    """Seconds of a note without tasks, and what each task under way adds."""
    tasks = [Task(size, 0.1, sample) for sample, size in enumerate(work.sizes.tolist())]
    with tempfile.TemporaryDirectory() as folder:
        directory = RunDirectory(Path(folder))
        times = []
        for count in (0, len(tasks)) * 3:
            begun = time.perf_counter()
            directory.note({"running": [tasks[number].text for number in schedule.running[:count]]})
            times.append(time.perf_counter() - begun)
    empty, full = np.median(np.reshape(times, (-1, 2)), axis=0)
    return float(empty), max(0.0, float(full - empty)) / len(tasks)


def _time_of_messages(n=5000):
    """Seconds rank 0 takes to get and to send a message; without mpi4py what is usual."""
    if find_spec("mpi4py") is None:
        return 5e-6, 5e-6
    from mpi4py import MPI

    comm, begun = MPI.COMM_SELF, time.perf_counter()
    messages = (("free", 1, farm.Ended(number, 10**12, 312.5, None)) for number in range(n))
    # a process that waits for itself would wait for ever
    requests = [comm.isend(message, dest=0, tag=1) for message in messages]
    sent = (time.perf_counter() - begun) / n
    begun = time.perf_counter()
    while comm.iprobe(tag=1):
        comm.recv(tag=1)
    received = (time.perf_counter() - begun) / n
    for request in requests:
        request.wait()
    return received, sent


def draw(scale, points, records, path) -> None:
    """Three panels: efficiency by ranks, by the length of a task, and how the ranks run out of work at the end."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
    _draw_scale(axes[0], scale)
    _draw_lengths(axes[1], points)
    _draw_end(axes[2], records)
    for one in axes:
        one.grid(alpha=0.3)
        one.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _draw_scale(axis, rows):
    ranks = [row["ranks"] for row in rows]
    for order, marker in zip(ORDERS, "s^oD", strict=True):
        axis.semilogx(ranks, [100 * float(row[order]) for row in rows], marker=marker, label=order, base=2)
    axis.axhline(95, color="black", linestyle=":", linewidth=1)
    axis.text(ranks[0], 95.1, "95 %", fontsize=9)
    axis.set(xlabel="ranks", ylabel="time on tasks (% of all ranks' time)", ylim=(90, 100.2))
    axis.set_xticks(ranks, ranks)
    axis.set_title("tasks of 300 s, by the order they are handed out in", fontsize=11)
    axis.legend(title="order", loc="lower left")


def _draw_lengths(axis, points):
    for color, (n_ranks, found) in enumerate(points.items()):
        mean, efficiency, busy = np.array(found).T
        axis.loglog(mean, 1 - efficiency, marker="o", color=f"C{color}", label=f"{n_ranks} ranks")
        axis.loglog(mean, busy, marker="x", linestyle="--", linewidth=1, color=f"C{color}")
    axis.loglog([], [], marker="x", linestyle="--", color="gray", label="rank 0 busy with messages")
    axis.axhline(0.05, color="black", linestyle=":", linewidth=1)
    axis.text(1100, 0.053, "5 %", fontsize=9, ha="right")
    axis.set(xlabel="mean time of a task (s)", ylabel="part of the time", ylim=(3e-4, 1))
    axis.set_title("time not on tasks (full lines), by the length of tasks", fontsize=11)
    axis.legend(fontsize=9, loc="upper right")


def _draw_end(axis, records):
    for order, record in records.items():
        even = record.worked / record.n_ranks
        last = np.zeros(record.n_ranks)
        for number, rank in record.rank.items():
            last[rank] = max(last[rank], record.ended[number])
        working = 100 * np.arange(record.n_ranks, 0, -1) / record.n_ranks
        axis.step(np.sort(last) / even, working, where="pre", label=order)
    axis.axvline(1, color="black", linestyle=":", linewidth=1)
    axis.set(xlabel="time / time on tasks per rank", ylabel="ranks still working (%)", xlim=(0.97, 1.06), ylim=(0, 101))
    axis.set_title("the end of the scan on 4096 ranks", fontsize=11)
    axis.legend(title="order")
