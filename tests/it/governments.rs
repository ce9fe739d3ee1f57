//! probe
use std::time::Instant;
use stickershock::config::Table;
use stickershock::ensemble::negotiation::*;
use stickershock::model::governments::signs::CHANGES;
use stickershock::model::governments::*;
fn setup() -> Setup {
    let t = Table::load("configs/data/exchange_rates_monthly.csv").unwrap();
    let m = t.column_month("month").unwrap();
    let yen = ExchangePath::monthly(m[0], t.column_positive("jpy_per_usd").unwrap()).unwrap();
    Setup { parameters: Parameters::default(), calendar: Calendar::default(), flows: MarketFlows::default(), yen }
}
#[test]
fn probe() {
    let s = setup();
    let t = Instant::now();
    let n = negotiate(&s, 1, 10_000);
    println!("10k worlds {:?}", t.elapsed());
    for m in n.metrics() { println!("{:45} {:9.4} {:8.4} {}", m.name, m.mean, m.std_error, m.worlds); }
    for (a, b) in n.reliability() { println!("{:.3} {:.3} {}", a.mean(), b.mean(), a.count()); }
    let t = Instant::now();
    for m in monitor(&s, 1, 10_000) { println!("{:45} {:9.4} {:8.4} {}", m.name, m.mean, m.std_error, m.worlds); }
    println!("monitor {:?}", t.elapsed());
    let t = Instant::now();
    for sign in signs(&s, CHANGES, 1, 2_000) {
        println!("{:25} dP {:7.3} ({:.3}) jp {:6.2} us {:6.2} dx {:6.2} days {:5.1}", sign.change.name, sign.settled.mean(), sign.settled.std_error(), sign.japan.mean(), sign.us.mean(), sign.commitment.mean(), sign.days_before_deadline.mean());
    }
    println!("signs {:?}", t.elapsed());
}
