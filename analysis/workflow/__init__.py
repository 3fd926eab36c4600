"""Snakemake's side: what is asked for, what is up to date, who may write, how long it takes."""
