"""Benchmarks: ``python -m bench`` measures every suite and writes tables, pictures and the README;
``python -m bench.run SUITE`` measures one and prints its table, ``python -m bench.table`` and
``python -m bench.graphs`` draw again what was measured.

Each library runs in a process of its own, because two OpenMP runtimes in one spin against each
other, and takes turns with the others, because these machines share their cores with strangers.
"""
