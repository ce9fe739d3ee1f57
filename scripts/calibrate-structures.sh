#!/usr/bin/env bash
# Estimates demand anew under each structure of prices and writes configs/calibrated/structures/NAME-draws.toml, which predictive runs extend.
#   scripts/calibrate-structures.sh [PROGRAM]
# About a minute each on two cores. docs/calibration.md says what comes out.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-target/release/stickershock}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p configs/calibrated/structures
fit() {
    local name=$1
    shift
    local set=()
    for assignment in "$@"; do set+=(--set "$assignment"); done
    "$program" calibrate configs/calibration-1995.toml --no-charts --quiet --out "$work/$name" \
        --set "calibration.structure=\"$name\"" --set 'calibration.only=["demand"]' "${set[@]}"
    cp "$work/$name/calibrated-draws.toml" "configs/calibrated/structures/$name-draws.toml"
    cp "$work/$name/calibrated.toml" "configs/calibrated/structures/$name.toml"
}
fit vertical-70
fit vertical-76 pricing.chain=vertical pricing.customs_value_share=0.76
fit vertical-70-gamma-2 pricing.cost_volume=0.2
fit vertical-70-gamma-5 pricing.cost_volume=0.5
fit list pricing.chain=retail market.normal_duty.basis=list
fit border pricing.chain=retail market.normal_duty.basis=border
