//! A market of one's own, from memory: electric cars of three regions, and a duty on those of one of them.

use stickershock::{Error, Scenario, Source, Study};

const MODELS: &str = "\
model,brand,maker,region,built_in,listed,price_usd,sales,range_miles
Gale,Breeze,Breeze,west,Home,false,42000,90000,310
Gust,Breeze,Breeze,west,Home,false,33000,120000,250
Ember,Hearth,Hearth,west,Home,false,51000,40000,330
Lotus 3,Lotus,Orient,east,East,true,24000,30000,260
Lotus 5,Lotus,Orient,east,East,true,31000,22000,300
Nord,Nord,Nordwerk,north,North,false,56000,26000,340
";

const SCENARIO: &str = "
name = 'electric-cars'
title = 'A duty on electric cars from the east'

[time]
start = 2025-01-04
weeks = 52

[run]
seed = 7
replications = 20
baseline = 'free_trade'

[outputs]
headline = 'units_listed'

[market]
models = 'models.csv'
flag = 'listed'
flag_label = 'under the duty'
size = 2e6 # purchases of cars a year, of any kind
home_cost_share = 1.0
domestic_regions = ['west']
domestic_assembly = ['Home']
characteristics = [{ name = 'range', expression = 'range_miles' }]

[market.columns]
model = 'model'
brand = 'brand'
manufacturer = 'maker'
region = 'region'
assembly_country = 'built_in'
price_usd = 'price_usd'
volume = 'sales'

[market.normal_duty]
rate = 0.025
basis = 'list'
customs_value_share = 0.8

[buyers]
count = 4096
population = 'shared'
pricing_nodes = 2048

[demand]
alpha = 0.12
eta = 1.0
sigma_import = 0.5
sigma_region = 0.4
sigma_outside = 2.0
loyalty = 0.8
income_log_sd = 0.4
income_bounds = [0.4, 2.5]

[demand.sigma]
range = 0.4

[holding]
lease_share = 0.4
lease_weeks = [104, 156]
purchase_shape = 4.0
purchase_mean_weeks = 260.0

[pricing]
rule = 'bertrand'

[[instrument]]
name = 'duty'
kind = 'duty'
rate = 1.0
basis = 'list'
customs_value_share = 0.8
on = { flag = true }

[[regime]]
name = 'free_trade'
label = 'Free trade'

[[regime]]
name = 'duty'
label = 'The duty'
events = [{ date = 2025-04-05, action = 'imposed', instrument = 'duty', label = 'Duty' }]
";

fn main() -> Result<(), Error> {
    let files = Source::memory([("electric-cars.toml", SCENARIO), ("models.csv", MODELS)]);
    let results = Study::prepare(Scenario::from_source(&files, "electric-cars.toml")?)?.run()?;
    for model in results.models("duty")? {
        let (units, price) = (model.units, model.sticker_price_usd);
        println!(
            "{:<8} {:>8.0} cars ({:+.0}) at {:.0} USD ({:+.0})",
            model.name, units.mean, units.change, price.mean, price.change
        );
    }
    if let Some(welfare) = results.table("welfare")? {
        println!("{} rows of welfare.csv", welfare.rows());
    }
    Ok(())
}
