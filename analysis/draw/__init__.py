"""Figures in one house style: measures, speed-up and breakdown."""

import io


def load() -> None:
    """Have matplotlib's fonts and back ends in this process: draw an empty figure into memory."""
    import matplotlib.pyplot as plt

    from analysis.draw import canvas

    figure, _ = canvas.axes()
    for kind in canvas.FORMATS:
        figure.savefig(io.BytesIO(), format=kind)
    plt.close(figure)
