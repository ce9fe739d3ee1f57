//! Two rules by which list prices follow a duty, compared on one base year: all of it passed on, or a new equilibrium.

use stickershock::{Error, Scenario, Study};

fn scenario(rule: &str) -> Result<Scenario, Error> {
    let scenario = Scenario::open("configs/sidebar-1995.toml")?;
    scenario.with("pricing.rule", rule)?.with("buyers.count", 4096)?.with("buyers.pricing_nodes", 1024)
}

fn main() -> Result<(), Error> {
    // Buyers, intercepts and costs are the same under both rules: they are solved once.
    let base = Study::prepare(scenario("pass_through")?)?;
    println!("{:<14}{:>16}{:>16}{:>20}", "pricing rule", "listed models", "their price", "duty, million USD");
    for rule in ["pass_through", "bertrand"] {
        let results = base.again(scenario(rule)?)?.regimes(["imposed"])?.replications(4).run()?;
        let listed: Vec<_> = results.models("imposed")?.into_iter().filter(|model| model.flagged).collect();
        let cars: f64 = listed.iter().map(|model| model.units.change).sum();
        let price = listed.iter().map(|model| model.sticker_price_usd.change).sum::<f64>() / listed.len() as f64;
        let duty = results.headline("duty_usd", "imposed")?.mean / 1e6;
        println!("{rule:<14}{cars:>+11.0} cars{price:>+12.0} USD{duty:>20.0}");
    }
    Ok(())
}
