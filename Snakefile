# The workflow on one page: runs, artifacts (figures, tables, claims), report.
#
#   snakemake                                              the papers' experiments -> results/paper
#   snakemake --config 'overrides=["kernel.fix.dentry_lock=false"]' name=my_sweep
#   snakemake --config 'experiments=["osdi10/fig04_exim"]'
#   snakemake --config 'experiments=["synthesis/*"]' name=synthesis    with those that take minutes
#
# Hydra decides what runs (sim.config.plan), Snakemake decides when. Hashes of the resolved
# configuration and of the sources are params, so exactly what changed is run again. Any job's shell
# line (`snakemake -n -p` shows them) can be pasted into a terminal, with the environment active.
import atexit
import os
import sys
from pathlib import Path

from analysis import estimate
from analysis import workflow as asked

# `python` in a shell line is the interpreter that runs Snakemake.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)

# In full, because Snakemake takes braces in the checkout's own path for wildcards.
environment = f"{workflow.basedir}/environment.yml".replace("{", "{{").replace("}", "}}")

this = asked.read(config, node=workflow.remote_exec)


# One process imports everything and forks for each job of this machine.
server = asked.fork_server()

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
    output:
        points="results/{run}/{experiment}/{curve}.parquet",
        account="results/{run}/{experiment}/{curve}.account.parquet",
        config="results/{run}/{experiment}/{curve}.config.json",
    log:
        "results/{run}/logs/{experiment}/{curve}.log",
    conda:
        environment
    params:
        effort="results/{run}/benchmarks/{experiment}/{curve}.tsv",
        arguments=lambda wildcards: this.curve(wildcards.experiment, wildcards.curve).arguments,
        config=lambda wildcards: this.curve(wildcards.experiment, wildcards.curve).config_hash,
        engine=asked.engine_hash(),
    message:
        "Simulating {wildcards.experiment}, {wildcards.curve}"
    shell:
        "mkdir -p $(dirname {log}) && "
        "python -m sim run {params.arguments} out={output.points} effort={params.effort} "
        "> {log} 2>&1"


rule traces:
    output:
        "results/{run}/{experiment}/traces/{curve}.parquet",
    log:
        "results/{run}/logs/{experiment}/{curve}.trace.log",
    conda:
        environment
    params:
        arguments=lambda wildcards: this.trace_arguments(wildcards.experiment, wildcards.curve),
        config=lambda wildcards: this.curve(wildcards.experiment, wildcards.curve).config_hash,
        engine=asked.engine_hash(),
    message:
        "Tracing {wildcards.experiment}, {wildcards.curve}"
    shell:
        "mkdir -p $(dirname {log}) $(dirname {output}) && "
        "python -m sim trace {params.arguments} -o {output} > {log} 2>&1"


rule artifacts:
    input:
        points=lambda wildcards: this.points(wildcards.run, wildcards.experiment),
        traces=lambda wildcards: this.traces(wildcards.run, wildcards.experiment),
        references=lambda wildcards: this.references(wildcards.experiment),
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
        claims="results/{run}/{experiment}/claims.json",
    log:
        "results/{run}/logs/{experiment}.log",
    conda:
        environment
    params:
        folder="results/{run}/{experiment}",
        settings=lambda wildcards: this.settings(wildcards.experiment),
        sources=asked.analysis_hash(),
    message:
        "Figures, tables and claims of {wildcards.experiment}"
    shell:
        "mkdir -p $(dirname {log}) && "
        "python -m analysis artifacts --experiment {wildcards.experiment} --out {params.folder} "
        "{input.points} > {log} 2>&1"


rule report:
    input:
        this.artifacts,
    output:
        "results/{run}/report/index.html",
    log:
        "results/{run}/logs/report.log",
    conda:
        environment
    params:
        folder="results/{run}",
        experiments=this.experiments,
        # A function, because braces in an override are no wildcards.
        overrides=lambda wildcards: [f"--override={text}" for text in this.overrides],
        compared=lambda wildcards: this.compared,
        answer=asked.answer_hash(),
        sources=asked.analysis_hash(),
    message:
        "Report of {wildcards.run}"
    shell:
        "mkdir -p $(dirname {log}) && "
        "python -m analysis report {params.folder} --experiments {params.experiments} "
        "--compare results/paper {params.overrides:q} > {log} 2>&1"


onstart:
    # On a cluster, nobody may have said how many.
    given = workflow.resource_settings.cores
    print(estimate.describe(this, given), flush=True)
    # A cluster's jobs take this machine's environment along, and must not look for its server.
    if workflow.local_exec:
        server.start()


onerror:
    server.stop()


onsuccess:
    server.stop()
    print(f"The report is in {this.folder}/report/index.html")
