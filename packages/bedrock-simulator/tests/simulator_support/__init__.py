"""Shared by the tests: a simulator in this process, a stand-alone one, steps and strategies."""
