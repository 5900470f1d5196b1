"""The parts that wait, written once; `smooch/_sync` is derived from here by `make unasync`."""
