"""The tests of perpspec; `make test` runs them all."""
