"""The benchmarks behind `frontdoor bench`: real processes, real pages, figures with ratios.

A machine that is shared is never the same twice, so every run also times a fixed piece of work,
the yardstick, and each figure is quoted in it too.
"""
