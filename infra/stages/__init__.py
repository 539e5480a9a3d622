"""One construct per stage of the pipeline, named as its folder in `lambdas/`."""
