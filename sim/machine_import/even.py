"""Unequal packages and dies, made equal at the least loss of cores."""

from __future__ import annotations

from sim.machine_import.layout import Core, Layout, numbers, regular

# Of the cores; if whole dies keep no more, dies are divided so that all are kept.
SHARE_OF_WHOLE_DIES = 0.75

Package = list[list[Core]]


def even(nested: list[Package], keep_packages: bool) -> tuple[Layout, tuple[str, ...]]:
    """Keep the most cores; of equal choices the most packages, then the larger dies.

    A package may be left out for that, unless `keep_packages`. Where whole dies would lose a
    quarter of the cores, larger ones are divided: half of a machine is no machine, and fast cores
    often are the few.
    """
    total = sum(len(die) for package in nested for die in package)
    layout = _best(nested, keep_packages)
    remarks: tuple[str, ...] = ()
    if len(layout.cores) <= SHARE_OF_WHOLE_DIES * total:
        sizes = sorted({len(die) for package in nested for die in package}, reverse=True)
        for size in range(sizes[-1], 0, -1):
            divided = _best([_divided(package, size) for package in nested], keep_packages)
            if len(divided.cores) == total:
                layout = divided
                remarks = (
                    f"Dies have {', '.join(map(str, sizes))} cores; the model's are alike: larger "
                    f"ones are divided into dies of {size}, with a part of the cache in each.",
                )
                break
    return layout, remarks + _left_out(nested, layout, keep_packages)


def _best(nested: list[Package], keep_packages: bool) -> Layout:
    """Try the packages of each size and larger ones, beginning with all packages."""
    order = sorted(range(len(nested)), key=lambda p: (-sum(map(len, nested[p])), p))
    sizes = [sum(map(len, nested[p])) for p in order]
    last = [i + 1 for i, size in enumerate(sizes) if sizes[i + 1 : i + 2] != [size]]
    counts = last[-1:] if keep_packages else last[::-1]
    every = sorted(core for package in nested for die in package for core in die)
    best: Layout | None = None
    for count in counts:
        layout = regular([nested[p] for p in sorted(order[:count])])
        if best is None or len(layout.cores) > len(best.cores):
            best = layout
    assert best is not None, "there is a package"
    kept = set(best.cores)
    return Layout(best.packages, tuple(core for core in every if core not in kept))


def _divided(package: Package, size: int) -> Package:
    """Divide dies into such of one size; what is left over stays a smaller one."""
    return [die[i : i + size] for die in package for i in range(0, len(die), size)]


def _left_out(nested: list[Package], layout: Layout, keep_packages: bool) -> tuple[str, ...]:
    """Name what is left out, and how to have it otherwise."""
    if not layout.left_out:
        return ()
    sizes = [sum(map(len, package)) for package in nested]
    uneven = len(set(sizes)) > 1
    parts = "packages" if uneven else "dies"
    shown = f" (of {', '.join(map(str, sizes))} cores)" if uneven and len(sizes) <= 16 else ""
    flag = ""
    if len(layout.packages) < len(nested):
        flag = "; --keep-packages keeps every package"
    elif keep_packages:
        flag = "; without --keep-packages the most cores are kept"
    return (
        f"The model's {parts} are alike, these{shown} are not: {len(layout.left_out)} of "
        f"{sum(sizes)} cores are left out, CPUs {numbers(layout.left_out)}{flag}.",
    )
