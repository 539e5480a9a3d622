"""`python -m distillery`."""

from distillery.command import main

main()
