"""Results as they lie on disk, read into tidy tables: the first step of every analysis."""
