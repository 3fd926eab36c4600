"""Programs of the virtual machine: written, checked, analysed, freed of objects, and run."""
