"""Benchmarks: ``python -m bench.run SUITE`` measures, ``python -m bench.table`` puts the tables
into the README.

Each library runs in a process of its own, because two OpenMP runtimes in one spin against each
other, and takes turns with the others, because these machines share their cores with strangers.
"""
