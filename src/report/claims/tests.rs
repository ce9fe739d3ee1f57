//! Pages of claims on tables written by hand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;

/// Tables in memory, by run and name.
struct Shelf(BTreeMap<(&'static str, &'static str), &'static str>);

impl ClaimTables for Shelf {
    fn table(&self, run: &str, name: &str) -> Result<Option<Arc<ClaimTable>>, String> {
        if !self.0.keys().any(|(known, _)| *known == run) {
            return Err(format!("there is no run `{run}` on this page"));
        }
        self.0
            .iter()
            .find(|((of, known), _)| (*of, *known) == (run, name))
            .map(|(_, csv)| parsed(csv.as_bytes()))
            .transpose()
    }
}

fn shelf() -> Shelf {
    let draws = "draw,regime,metric,period,mean,change\n\
         0,free,cars,all,100,\n1,free,cars,all,200,\n2,free,cars,all,50,\n\
         0,taxed,cars,all,90,-10\n1,taxed,cars,all,160,-40\n2,taxed,cars,all,,\n";
    let other = "draw,regime,metric,period,mean,change\n0,taxed,cars,all,80,-20\n1,taxed,cars,all,170,-30\n";
    let settings = "draw,structure,key,value\n0,a,x,1\n0,a,market.factor.y,7\n1,a,x,2\n";
    let others = "draw,structure,key,value\n0,a,x,1\n0,a,market.factor.y,8\n1,b,x,2\n";
    let models = "regime,model,flagged,units_mean,units_std_error,units_change,units_change_std_error,list\n\
         taxed,A,true,10,1,-5,0.5,20\ntaxed,B | C,false,20,2,3,1,5\ntaxed,D,false,30,2,4,1,40\n";
    Shelf(BTreeMap::from([
        (("one", "draw_results"), draws),
        (("one", "draws"), settings),
        (("one", "models"), models),
        (("two", "draw_results"), other),
        (("two", "draws"), others),
        (("plain", "replications"), "regime,replication,cars\nfree,0,10\nfree,1,20\ntaxed,0,8\ntaxed,1,16\n"),
        (("plain", "regimes"), "regime,baseline\nfree,true\ntaxed,false\n"),
        (("plain", "periods"), "period,reporting\nall,false\nlate,true\n"),
    ]))
}

fn filled(text: &str) -> Result<String, ClaimError> {
    // Each is twice the next: worked out once, or never.
    let doubled = (0..40).map(|n| (format!("n{n}"), format!("n{0} + n{0}", n + 1))).chain([("n40".into(), "1".into())]);
    let page = ClaimsPage {
        path: PathBuf::from("page.md"),
        period: "all".into(),
        runs: BTreeMap::new(),
        numbers: [
            ("cars", "change(one, taxed, cars)"),
            ("share", "100 * cars / level(one, free, cars)"),
            ("round", "1 + round"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into_iter()
        .chain(doubled)
        .collect(),
        text: text.to_owned(),
        first_line: 5,
    };
    filled_page(&page, &shelf())
}

#[test]
fn numbers_of_draws_have_their_median_and_middle() {
    assert_eq!(filled("Sales: {{ cars | +.0 cars }}.").unwrap(), "Sales: -25 cars (-38 to -12).\n");
    // Draw by draw: -10% and -20%, and not the ratio of medians. The draw without a result counts nowhere.
    assert_eq!(filled("{{ share | ~.1% }}, {{ share | .1 }}").unwrap(), "-15.0%, -15.0 (-19.5 to -10.5)\n");
    // Of two runs draw 0 is of the same world: its factors on cells of the table of models differ, which is data of the run.
    assert_eq!(filled("{{ change(two, taxed, cars) - cars | .0 }}").unwrap(), "-10\n");
}

#[test]
fn named_numbers_are_worked_out_once() {
    assert_eq!(filled("{{ n0 | .0 }}").unwrap(), "1099511627776\n");
}

#[test]
fn runs_without_draws_give_their_replications() {
    assert_eq!(filled("{{ level(plain, taxed, cars, late) | .1 }}").unwrap(), "12.0 (8.4 to 15.6)\n");
    assert_eq!(filled("{{ change(plain, taxed, cars, late) | ~.1 }}").unwrap(), "-3.0\n");
    let error = filled("{{ level(plain, taxed, cars) | .1 }}").unwrap_err();
    assert!(error.message.contains("over `late`, not over `all`"), "{error}");
}

#[test]
fn cells_are_looked_up_summed_counted_and_ranked() {
    assert_eq!(filled("{{ estimate(one, models, units_change, model=A) | +.1 }}").unwrap(), "-5.0 (-6.0 to -4.0)\n");
    assert_eq!(filled("{{ estimate(one, models, units_change, flagged=false) | .0 }}").unwrap(), "7 (3 to 11)\n");
    assert_eq!(
        filled("{{ estimate(one, models, list, units_mean, units_change, model=A) | .0 }}").unwrap(),
        "20 (10 to -5)\n"
    );
    assert_eq!(
        filled("{{ sum(one, models, list) | .0 }} {{ count(one, models, list > units_mean) | .0 }}").unwrap(),
        "65 2\n"
    );
    assert_eq!(filled("{{ count(one, models, list > 0.2 * units_mean) | .0 }}").unwrap(), "3\n");
    assert_eq!(
        filled("{{ rank(one, models, units_change, model=\"B | C\", flagged=false) | .0 }} {{ draws(one) | .0 }}")
            .unwrap(),
        "2 3\n"
    );
}

#[test]
fn lines_are_written_for_rows() {
    let text = "| model | change |\n{{ rows(one, models, by=units_change, flagged=false) }}| [model] | [units_change / units_mean | +.1] |\n\nEnd";
    let error = filled(text).unwrap_err();
    assert!(error.message.contains("divided by"), "an estimate by another: {error}");
    let text = text.replace(" / units_mean", " / list");
    assert_eq!(
        filled(&text).unwrap(),
        "| model | change |\n| D | +0.1 (+0.1 to +0.1) |\n| B \\| C | +0.6 (+0.2 to +1.0) |\n\nEnd\n"
    );
}

#[test]
fn a_verdict_is_that_of_the_whole_interval() {
    let said = |asked: &str| filled(&format!("{{{{ {asked} ? holds | does not }}}}")).unwrap();
    assert_eq!(said("cars < 0"), "holds\n");
    assert_eq!(said("cars > 0"), "does not\n");
    assert_eq!(said("cars < -25"), "cannot be told\n");
    assert_eq!(filled("{{ cars < -25 ? a | b | open }}").unwrap(), "open\n");
}

#[test]
fn what_cannot_be_worked_out_is_named_with_its_line() {
    for (place, message) in [
        ("nobody | .1", "there is no number `nobody` on this page: there are cars, n0, n1, n10"),
        ("round | .1", "`round` is worked out from itself, or over more than 50 other numbers"),
        ("change(three, a, b) | .1", "there is no run `three` on this page"),
        ("change(one, taxed, trucks) | .1", "run `one` has no metric `trucks` under regime `taxed` over period `all`"),
        ("sum(one, models, colour) | .1", "there is no column `colour`"),
        ("sum(one, weekly, cars) | .1", "run `one` has no table `weekly`"),
        ("estimate(one, models, list, model=Z) | .1", "no row has all of this"),
        ("estimate(one, models, list, model=A) | .1", "`list` has no column of standard errors"),
        ("sum(one, models, model) | .1", "column `model` is `A` in row 2, where a number is needed"),
        ("guess(one) | .1", "there is no `guess(...)`"),
        ("change(one, taxed) | .1", "`change` is told 2 names, and needs 3 or 4"),
        ("cars", "a form is missing"),
        ("cars > 0 ? yes", "two or three texts follow the question"),
        ("cars ? yes | no", "what is asked has no"),
        ("1 / 0 | .1", "comes to no number"),
    ] {
        let error = filled(&format!("first\n{{{{ {place} }}}}")).unwrap_err();
        assert!(error.message.contains(message), "{place}: {}", error.message);
        assert_eq!((error.line, error.file.as_str()), (6, "page.md"), "{place}");
    }
    assert!(filled("{{ cars | .1").unwrap_err().message.contains("is missing"));
}

/// What needs no table is found before there is one.
#[test]
fn a_page_is_looked_at_without_tables() {
    let checked = |text: &str| {
        let run = crate::config::claims::ClaimsRun { scenario: "a.toml".into(), set: Vec::new(), worlds: None };
        let page = ClaimsPage {
            path: PathBuf::from("page.md"),
            period: "all".into(),
            runs: [("one".to_owned(), run)].into(),
            numbers: [("cars".to_owned(), "change(one, a, b)".to_owned())].into(),
            text: text.to_owned(),
            first_line: 1,
        };
        check_page(&page).map_err(|error| error.message)
    };
    let right =
        "{{ cars / 0 | .1 }} {{ cars > 1 ? a | b }}\n{{ rows(one, models, by=x) }}| [model] | [x / cars | .1] |";
    assert_eq!(checked(right), Ok(()));
    for (text, said) in [
        ("{{ cars | 1 }}", "is no form of a number"),
        ("{{ lorries | .1 }}", "there is no number `lorries` on this page: there are cars"),
        ("{{ draws(two) | .1 }}", "there is no run `two` on this page: there are one"),
        ("{{ guess(one) | .1 }}", "there is no `guess(...)`"),
        ("{{ sum(one) | .1 }}", "`sum` is told 1 names, and needs 3"),
        ("{{ rows(two, models) }}| [model] |", "there is no run `two`"),
        ("{{ rows(one, models) }}| [model | 1] |", "is no form of a number"),
        ("{{ cars > 1 ? a }}", "two or three texts"),
        ("{{ cars", "`}}` is missing"),
    ] {
        let found = checked(text).unwrap_err();
        assert!(found.contains(said), "{text}: {found}");
    }
    assert!(checked(&"{".repeat(100_000)).unwrap_err().len() < 1_000);
}
