"""What the tests share: a simulator in this process, one of its own, steps and strategies."""
