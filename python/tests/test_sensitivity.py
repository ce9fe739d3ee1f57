from __future__ import annotations

import math
from typing import Any

import numpy
import polars
import pytest
from conftest import command

import stickershock as ss
from stickershock import sensitivity

ISHIGAMI = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-math.pi, math.pi]] * 3}


def ishigami(x1: float, x2: float, x3: float) -> float:
    return math.sin(x1) + 7 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)


# Closed form with a = 7 and b = 0.1.
V1 = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2
V2 = 7**2 / 8
V13 = 0.1**2 * math.pi**8 * (1 / 18 - 1 / 50)
V = V1 + V2 + V13


def test_sobol_gives_the_closed_form_of_ishigami() -> None:
    X = sensitivity.sample(ISHIGAMI, "sobol", 2048, seed=1)
    assert len(X) == 2048 * 8 and len(X[0]) == 3
    found = sensitivity.analyze(ISHIGAMI, [ishigami(*x) for x in X], design=X)
    assert found["names"] == ["x1", "x2", "x3"]
    assert found["S1"] == pytest.approx([V1 / V, V2 / V, 0.0], abs=0.02)
    assert found["ST"] == pytest.approx([(V1 + V13) / V, V2 / V, V13 / V], abs=0.02)
    assert found["S2"][0][2] == pytest.approx(V13 / V, abs=0.04)
    assert math.isnan(found["S2"][2][0])
    assert all(0 < width < 0.1 for width in found["S1_conf"])


def test_the_design_is_made_again_where_it_is_not_given() -> None:
    X = sensitivity.sample(ISHIGAMI, "sobol", 64)
    Y = [ishigami(*x) for x in X]
    assert sensitivity.analyze(ISHIGAMI, Y).table == sensitivity.analyze(ISHIGAMI, Y, design=X).table
    for frame in (X.to_pandas(), X.to_polars()):
        assert sensitivity.analyze(ISHIGAMI, Y, design=frame).table == sensitivity.analyze(ISHIGAMI, Y, design=X).table
    with pytest.raises(ValueError, match="multiple of 8"):
        sensitivity.analyze(ISHIGAMI, Y[:-1])


@pytest.mark.parametrize(
    ("method", "n", "names"),
    [
        ("morris", 32, {"mu", "mu_star", "sigma"}),
        ("fast", 257, {"S1", "ST"}),
        ("rbd_fast", 512, {"S1"}),
        ("pawn", 512, {"median", "maximum"}),
        ("delta", 512, {"delta"}),
    ],
)
def test_every_method_has_the_names_of_salib(method: str, n: int, names: set[str]) -> None:
    X = sensitivity.sample(ISHIGAMI, method, n, seed=3)
    found = sensitivity.analyze(ISHIGAMI, [ishigami(*x) for x in X], design=X, resamples=50)
    assert names <= set(found)
    assert all(len(found[name]) == 3 for name in names)


def test_numbers_are_those_of_the_command_line(tmp_path: Any) -> None:
    (tmp_path / "p.toml").write_text(
        "".join(f'[[parameter]]\nname = "x{i}"\ndistribution = "uniform"\nlow = {-math.pi!r}\nhigh = {math.pi!r}\n' for i in (1, 2, 3))
    )
    common = ["--problem", tmp_path / "p.toml", "--method", "sobol"]
    assert command("sensitivity", "sample", *common, "--n", "64", "--seed", "5", "--out", tmp_path / "X.csv").returncode == 0
    X = sensitivity.sample(ISHIGAMI, "sobol", 64, seed=5)
    stored = polars.read_csv(tmp_path / "X.csv")
    assert X.to_dict() == stored.to_dict(as_series=False)
    Y = polars.DataFrame({"Y": [ishigami(*x) for x in X]})
    Y.write_csv(tmp_path / "Y.csv")
    done = command("sensitivity", "analyze", *common, "--design", tmp_path / "X.csv", "--outputs", tmp_path / "Y.csv",
                   "--out", tmp_path / "S.csv")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sensitivity.analyze(ISHIGAMI, Y, design=X).table.csv() == (tmp_path / "S.csv").read_bytes()


def test_laws_of_salib_are_understood() -> None:
    problem = {
        "num_vars": 4,
        "names": ["a", "b", "c", "d"],
        "bounds": [[10, 30, 0.25], [5, 2], [0, 1, 0.5, 0.2], [1, 0.5]],
        "dists": ["triang", "norm", "truncnorm", "lognorm"],
    }
    X = numpy.asarray(sensitivity.sample(problem, "rbd_fast", 4096))
    assert X.shape == (4096, 4)
    assert X[:, 0].mean() == pytest.approx((10 + 30 + 15) / 3, abs=0.1)
    assert (X[:, 1].mean(), X[:, 1].std()) == (pytest.approx(5, abs=0.05), pytest.approx(2, abs=0.05))
    assert X[:, 2].min() >= 0 and X[:, 2].max() <= 1
    assert numpy.log(X[:, 3]).std() == pytest.approx(0.5, abs=0.02)
    with pytest.raises(ValueError, match="logunif"):
        sensitivity.sample({**problem, "dists": ["logunif"] * 4}, "sobol", 8)
    with pytest.raises(ValueError, match="different lengths"):
        sensitivity.sample({**problem, "bounds": [[0, 1]]}, "sobol", 8)


def test_groups_have_one_index_each() -> None:
    problem = {**ISHIGAMI, "groups": ["sines", "sines", "x3"]}
    X = sensitivity.sample(problem, "sobol", 256)
    found = sensitivity.analyze(problem, [ishigami(*x) for x in X], design=X)
    assert found["names"] == ["sines", "x3"] and len(found["S1"]) == 2
    assert found["S1"][0] == pytest.approx((V1 + V2) / V, abs=0.05)


def test_failed_runs_are_named_or_left_out() -> None:
    X = sensitivity.sample(ISHIGAMI, "sobol", 64)
    Y = [ishigami(*x) for x in X]
    Y[9] = math.nan
    with pytest.raises(ss.ScenarioError, match="drop_failed"):
        sensitivity.analyze(ISHIGAMI, Y)
    with pytest.warns(UserWarning, match="1 runs failed"):
        sensitivity.analyze(ISHIGAMI, Y, drop_failed=True)
    with pytest.raises(ss.StickershockError, match="larger n"):
        sensitivity.sample(ISHIGAMI, "morris", 1)
    with pytest.raises(ss.UnknownNameError, match="rbd_fast"):
        sensitivity.sample(ISHIGAMI, "nonsense")
    with pytest.warns(UserWarning, match="powers of two"):
        sensitivity.sample(ISHIGAMI, "sobol", 100)
