# The workflow on one page: runs, artifacts (figures, tables, claims), report.
#
#   snakemake                                              the papers' experiments -> results/paper
#   snakemake --config 'overrides=["kernel.fix.dentry_lock=false"]' name=my_sweep
#   snakemake --config 'experiments=["osdi10/fig04_exim"]'
#   snakemake --config 'exclude=["validation/*"]' name=without_validation
#   snakemake --config 'also=["linux_mine"]' name=mine         a kernel of one's own in every figure
#   snakemake --config 'experiments=["synthesis/*"]' name=synthesis    with those that take minutes
#
# Hydra decides what runs (sim.experiment.plan), Snakemake decides when. What is up to date follows
# from digests inside the results (analysis.workflow.state): each job's `again` compares what it
# left with what a clean run would leave. Any job's shell line (`snakemake -n -p` shows them) can be
# pasted into a terminal, with the environment active.
import atexit
import os
import sys
from functools import partial
from pathlib import Path

from sim import extensions, interruption, shared_points

# What an interrupt ends before a job is planning, which leaves nothing behind.
interruption.plan()

# Mechanisms of the user's own are known before anything is planned.
own = config.get("config_dirs")
extensions.name_folders([str(folder) for folder in own] if isinstance(own, list) else [])

from analysis.workflow import disk_space, estimate, scheduling
from analysis.workflow import invocation as asked
from analysis.workflow.folder_lock import FolderLock
from analysis.workflow.state import State, bring_to_the_present, require_current

# `python` in a shell line is the interpreter that runs Snakemake.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)

# In full, because Snakemake takes braces in the checkout's own path for wildcards; and from the
# code's place, because the Snakefile of a folder of one's own includes this one.
checkout = Path(extensions.__file__).parents[1]
environment = f"{checkout}/environment.yml".replace("{", "{{").replace("}", "}}")

asked.name_user()
this = asked.read(config, node=workflow.remote_exec)
state = State(this)

# One workflow at a time writes a results folder; the nodes of a cluster work for the one that does.
lock = FolderLock(Path(this.folder))
other = None if workflow.remote_exec else lock.take()
if not workflow.remote_exec and other is None:
    bring_to_the_present(Path(this.folder))


judged = {}


def again(path, problem, *of):
    """Input of a job: nothing. A job whose output is not what a clean run leaves is done again."""

    def judge(wildcards):
        output = path.format(**wildcards)
        judged[output] = partial(problem, *(getattr(wildcards, name) for name in of))
        if not workflow.remote_exec and judged[output]():
            workflow.dag.forcefiles.add(output)
        return []

    return judge


# One process imports everything and forks for each job of this machine.
server = asked.fork_server()

# What several curves have in common is simulated once.
points = Path(this.folder) / shared_points.NAME

# Snakemake calls no hooks on the nodes of a cluster.
if workflow.remote_exec:
    atexit.register(server.stop)
    server.start()


localrules:
    all,
    report,


wildcard_constraints:
    run=this.name_pattern,
    experiment="[^/]+/[^/]+",
    curve="[^/]+",


rule all:
    input:
        f"{this.folder}/report/index.html",
    message:
        "The report is in {input}"


rule runs:
    input:
        again("results/{run}/{experiment}/{curve}.parquet", state.of_curve, "experiment", "curve"),
    output:
        points="results/{run}/{experiment}/{curve}.parquet",
        account="results/{run}/{experiment}/{curve}.account.parquet",
        config="results/{run}/{experiment}/{curve}.config.json",
        effort="results/{run}/benchmarks/{experiment}/{curve}.tsv",
    log:
        "results/{run}/logs/{experiment}/{curve}.log",
    conda:
        environment
    params:
        arguments=lambda wildcards: this.curve(wildcards.experiment, wildcards.curve).arguments,
    message:
        "Simulating {wildcards.experiment}, {wildcards.curve}"
    shell:
        "mkdir -p $(dirname {log}) && "
        "python -m sim run {params.arguments} out={output.points} effort={output.effort} "
        "> {log} 2>&1"


rule traces:
    input:
        again(
            "results/{run}/{experiment}/traces/{curve}.parquet",
            state.of_trace,
            "experiment",
            "curve",
        ),
    output:
        records="results/{run}/{experiment}/traces/{curve}.parquet",
        config="results/{run}/{experiment}/traces/{curve}.config.json",
    log:
        "results/{run}/logs/{experiment}/{curve}.trace.log",
    conda:
        environment
    params:
        arguments=lambda wildcards: this.trace_arguments(wildcards.experiment, wildcards.curve),
    message:
        "Tracing {wildcards.experiment}, {wildcards.curve}"
    shell:
        "mkdir -p $(dirname {log}) $(dirname {output.records}) && "
        "python -m sim trace {params.arguments} -o {output.records} > {log} 2>&1"


rule artifacts:
    input:
        again("results/{run}/{experiment}/claims.json", state.of_artifacts, "experiment"),
        points=lambda wildcards: this.points(wildcards.run, wildcards.experiment),
        traces=lambda wildcards: this.traces(wildcards.run, wildcards.experiment),
        # Whatever their times: a fresh checkout's are new, and digests say what was read.
        references=ancient(lambda wildcards: this.references(wildcards.experiment)),
    output:
        figures=report(
            directory("results/{run}/{experiment}/figures"),
            patterns=["{figure}.svg"],
            caption="analysis/report/captions/figure.rst",
            category=lambda wildcards: this.paper(wildcards.experiment),
            subcategory=lambda wildcards: this.title(wildcards.experiment),
            labels={"figure": "{figure}"},
        ),
        tables=directory("results/{run}/{experiment}/tables"),
        artifact="results/{run}/{experiment}/artifact.json",
        claims="results/{run}/{experiment}/claims.json",
        manifest="results/{run}/{experiment}/manifest.json",
    log:
        "results/{run}/logs/{experiment}.log",
    conda:
        environment
    params:
        folder="results/{run}/{experiment}",
        # A function, because braces in a folder's name are no wildcards.
        folders=lambda wildcards: this.folders,
    message:
        "Figures, tables and claims of {wildcards.experiment}"
    shell:
        "mkdir -p $(dirname {log}) && "
        "python -m analysis artifacts --experiment {wildcards.experiment} --out {params.folder} "
        "{params.folders:q} {input.points} > {log} 2>&1"


rule report:
    input:
        again("results/{run}/report/index.html", state.of_report),
        this.artifacts,
    output:
        page="results/{run}/report/index.html",
        manifest="results/{run}/report/manifest.json",
    log:
        "results/{run}/logs/report.log",
    conda:
        environment
    params:
        folder="results/{run}",
        experiments=this.experiments,
        # A function, because braces in an override are no wildcards.
        overrides=lambda wildcards: [f"--override={text}" for text in this.overrides],
        folders=lambda wildcards: this.folders,
    message:
        "Report of {wildcards.run}"
    shell:
        "mkdir -p $(dirname {log}) && "
        "python -m analysis report {params.folder} --experiments {params.experiments} "
        "--compare results/paper {params.overrides:q} {params.folders:q} > {log} 2>&1"


onstart:
    interruption.work()
    if other is not None:
        raise SystemExit(lock.refusal(other))
    state.remove_drafts()
    jobs = [(job.rule.name, dict(job.wildcards.items())) for job in workflow.dag.needrun_jobs()]
    if too_little := disk_space.refusal(this, jobs):
        raise SystemExit(too_little)
    state.describe_anew()
    # On a cluster, nobody may have said how many.
    given = workflow.resource_settings.cores
    print(estimate.describe(state, given), flush=True)
    if this.remark:
        print(this.remark, flush=True)
    # A cluster's jobs take this machine's environment along, and must not look for its server.
    if workflow.local_exec:
        shared_points.begin(points)
        server.start()
        scheduling.without_limit(workflow.scheduler)


onerror:
    server.stop()
    shared_points.end(points)


onsuccess:
    server.stop()
    shared_points.end(points)
    require_current(judged)
    print(f"The report is in {this.folder}/report/index.html")
