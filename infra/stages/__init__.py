"""One construct per stage of the road, named as its folder in `lambdas/`."""
