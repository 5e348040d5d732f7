"""Sentences that many help texts share."""

from __future__ import annotations

NO_EFFECT = "Accepted so that a file shared with nova may keep it, but without effect in cloudnet."
