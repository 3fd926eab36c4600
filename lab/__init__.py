"""The lab: a local page on which runs are put together, simulated while one looks, and compared.

    state      what the page's address says: curves as words of the command line, and what is shown
    runs       curve -> typed runs; a control's value -> words
    controls   what can be set, read off the schema and the files of conf/
    jobs, worker, pool, store   simulations in processes of their own, results kept within a bound
    plan       which simulations a state wants, in which order
    view       results -> tables and charts; published: the papers' points beside them
    export     command lines, and experiments that Snakemake runs
    guard, server, session      one server on the loopback address; a session for every tab

The page is Shiny's (docs/decisions/0016-the-lab-on-shiny.md).
"""
