"""Graders, the verdict and its report. Only `lambdas/evaluation` asks models and stores answers."""
