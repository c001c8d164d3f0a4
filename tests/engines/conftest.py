"""Nothing here is a test: hand-written DAGs and flows, which cannot be imported without their engine."""

collect_ignore_glob = ["*"]
