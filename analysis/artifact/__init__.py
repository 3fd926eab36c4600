"""One experiment analysed: every table that its figures, claims and pages need.

Parquet + conf/experiment + reference/  --analyse-->  Artifact  --files.write-->  artifact.json, ...
artifact.json  --stored.read-->  Artifact  -->  report
"""
