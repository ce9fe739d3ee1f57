#!/usr/bin/env bash
# A study on a real queue: a Slurm controller and two nodes on this machine, the scripts that `plan --slurm` writes, one node killed with a
# task on it. All tables have to be those of one process, to the byte. Usage: bash .ci/slurm.sh path/to/stickershock
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."
if ! command -v slurmctld > /dev/null || ! command -v slurmd > /dev/null; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq slurm-wlm; } > /dev/null 2>&1 || true
fi
if ! command -v slurmctld > /dev/null || [ "$(id -u)" != 0 ]; then
    echo "SKIPPED: no Slurm on this machine, or not root"
    exit 0
fi

work=$(mktemp -d)
export SLURM_CONF=$work/slurm.conf
finish() {
    pkill -KILL -f "$work" 2> /dev/null || true
    for daemon in slurmctld n1 n2; do [ ! -s "$work/$daemon.pid" ] || kill -9 "$(cat "$work/$daemon.pid")" 2> /dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
mkdir "$work/state" "$work/spool.n1" "$work/spool.n2"
host=$(hostname -s)
cat > "$SLURM_CONF" << CONF
ClusterName=ci
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
AuthType=auth/none
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=5,requeue_delay=1
ReturnToService=2
SlurmdTimeout=10
JobRequeue=1
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool.%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/%n.log
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld
for node in n1 n2; do slurmd -N "$node"; done
wait_for() { # SECONDS COMMAND...: until it succeeds
    local left=$(($1 * 5))
    shift
    until "$@" > /dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "waited too long for: $*"; squeue; sinfo; tail -n 20 "$work"/*.log; exit 1; }
        sleep 0.2
    done
}
both_idle() { [ "$(sinfo --noheader --format=%T --Node | grep -c '^idle')" = 2 ]; }
wait_for 120 both_idle

study="$work/a study"
small=(tests/market_1995/showdown-1995-timing.toml --replications 24 --regimes status_quo,imposed --set buyers.count=65536)
"$program" run "${small[@]}" --no-charts --quiet --out "$work/alone" > /dev/null
"$program" plan "${small[@]}" --unit-size 2 --slurm --out "$study" > /dev/null
# No task finds the program on its path.
array=$(env PATH=/usr/bin:/bin sbatch --parsable --chdir="$work" "$study/units.sbatch")
merge=$(env PATH=/usr/bin:/bin sbatch --parsable --chdir="$work" --dependency="afterok:$array" "$study/merge.sbatch")
runs_on_n1() { squeue --noheader --states=running --nodelist=n1 --format=%i | grep -q .; }
wait_for 120 runs_on_n1
echo "killing n1 with $(squeue --noheader --states=running --nodelist=n1 --format=%i)"
kill -9 "$(cat "$work/n1.pid")"
for task in $(pgrep -f "$program unit"); do
    if tr '\0' '\n' < "/proc/$task/environ" | grep -qx SLURMD_NODENAME=n1; then
        # Its supervisor first: nobody is left to report the end of the task.
        kill -9 "$(ps -o ppid= -p "$task")" "$task"
    fi
done
done_with() { ! squeue --noheader --format=%A | grep -q "^$1$"; }
wait_for 600 done_with "$merge"
[ -s "$study/tables/welfare.csv" ] || { echo "nothing was merged"; cat "$work"/slurm-*.out; exit 1; }
for table in "$work"/alone/tables/*; do cmp "$table" "$study/tables/$(basename "$table")"; done
echo "$("$program" plan --status "$study" | head -n 1); $(find "$work/alone/tables" -type f | wc -l) tables are those of one process"
