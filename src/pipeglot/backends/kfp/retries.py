"""Which retries are KFP's own, and how it is told of them."""

from __future__ import annotations

from typing import Any

from pipeglot.core.ir import Policy, Retry


def native(policy: Policy) -> bool:
    """Whether KFP's own retries keep the policy: whole seconds, and no ceiling, which Argo reads as one on all."""
    retry = policy.retry
    if retry is None:
        return True
    plain = all(wait == round(retry.delay * retry.backoff**n) for n, wait in enumerate(retry.waits()))
    return plain and (retry.backoff == int(retry.backoff) or retry.delay == 0)


def retry_policy(retry: Retry) -> dict[str, Any]:
    """KFP's retries, for a policy that they keep."""
    return {
        "backoffDuration": f"{retry.delay}s",
        "backoffFactor": float(retry.backoff),
        "backoffMaxDuration": f"{max(3600, sum(retry.waits()) * 2)}s",
        "maxRetryCount": retry.count,
    }
