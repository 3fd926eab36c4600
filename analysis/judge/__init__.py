"""What results are worth: metrics, claims and their verdicts, errors, fits, null models."""
