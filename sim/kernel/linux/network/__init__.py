"""Kernel objects of the network stack."""
