"""A study in units, for engines that spread them over machines; ``stickershock.dask`` is made of this.

``Plan.begin(scenario, regimes, replications, unit_size, folder)`` plans a study in a folder, or finds it there. ``plan.packed()`` is all that a worker needs,
``work(packed, ids, threads)`` does units there and gives each as bytes, ``plan.collect(bytes)`` checks one and stores it, ``plan.missing()`` are those that are not
done, and ``plan.merge(charts)`` writes the results into the folder. ``Plan.version()`` tells whether two machines have the same model.
"""

from ._stickershock import Plan, work

__all__ = ["Plan", "work"]
