#!/usr/bin/env python3
"""Writes a case for `stickershock solve`: 5,000 products of 100 firms, 200 buyers, and a duty of a quarter on half of the products. scripts/large-market.py FOLDER"""

import json
import random
import sys
from pathlib import Path

FOLDER, PRODUCTS, BUYERS = Path(sys.argv[1]), 5000, 200
random.seed(5)
FOLDER.mkdir(parents=True)
case = {"name": "large-market", "beta": [-6.0, -1.9, 0.9], "beta_names": ["1", "prices", "x"], "x2_names": ["1", "prices", "x"],
        "sigma_diagonal": [0.5, 0.2, 0.5], "node_columns": ["nu0", "nu1", "nu2"]}
duty = {"type": "border", "rate": 0.25, "where": {"region": "JP"}}
scenarios = [{"name": "base", "spec": {"ownership": "firm"}}, {"name": "tariff", "spec": {"ownership": "firm", "tariff": duty}}]
(FOLDER / "case.json").write_text(json.dumps(case, indent=1))
(FOLDER / "scenarios.json").write_text(json.dumps(scenarios, indent=1))
with open(FOLDER / "products.csv", "w") as file:
    file.write("product_id,firm_id,region,x,price0,delta_ex_price,mc\n")
    for j in range(PRODUCTS):
        x, quality, cost = random.uniform(0, 2), random.gauss(0, 0.5), random.uniform(0, 0.4)
        cost += 1 + 0.5 * x
        file.write(f"p{j},{j // 50},{'JP' if j // 50 % 2 else 'US'},{x:.6f},{cost + 0.6:.6f},{-6 + 0.9 * x + quality:.6f},{cost:.6f}\n")
with open(FOLDER / "agents.csv", "w") as file:
    file.write("weight,nu0,nu1,nu2\n")
    for _ in range(BUYERS):
        file.write(f"{1 / BUYERS},{random.gauss(0, 1):.6f},{max(-2, min(2, random.gauss(0, 1))):.6f},{random.gauss(0, 1):.6f}\n")
