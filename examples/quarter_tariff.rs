//! A tariff of a quarter in place of the threatened one: which models lose buyers, and what the treasury takes.

use stickershock::{Error, Scenario, Study};

fn main() -> Result<(), Error> {
    let scenario = Scenario::open("configs/market-1995.toml")?
        .with("instrument.sanctions.rate", 0.25)?
        .with("buyers.count", 4096)?;
    let results = Study::prepare(scenario)?.regimes(["imposed"])?.replications(10).run()?;

    let (period, first, last) = results.period();
    println!(
        "Change of sales under a duty of 25%, {period} ({first} to {last}), {} replications:",
        results.replications()
    );
    let mut models = results.models("imposed")?;
    models.sort_by(|a, b| a.units.change.total_cmp(&b.units.change));
    for model in models.iter().filter(|model| model.units.change.abs() > 200.0) {
        let change = model.units.change / (model.units.mean - model.units.change);
        println!("{:<24}{:>+8.0} cars {:>+6.1}%", model.name, model.units.change, 100.0 * change);
    }
    let duty = results.headline("duty_usd", "imposed")?;
    println!(
        "Duty: {:.0} million USD (90% of replications {:.0} to {:.0})",
        duty.mean / 1e6,
        duty.q05 / 1e6,
        duty.q95 / 1e6
    );
    Ok(())
}
