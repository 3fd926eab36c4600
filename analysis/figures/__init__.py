"""Figures in one house style: measures, speed-up and breakdown."""
