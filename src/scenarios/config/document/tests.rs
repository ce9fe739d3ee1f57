use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use jiff::civil::{Date, date};
use serde::Deserialize;

use super::Document;
use crate::config::source::Source;
use crate::config::{ConfigError, Sourced, Status};

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    market: Market,
    #[serde(default)]
    regime: Vec<Regime>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Market {
    start: Date,
    horizon_weeks: u32,
    pass_through: f64,
    #[serde(default)]
    conduct: Conduct,
    customs_share: Option<Sourced<f64>>,
    rate: Option<Rate>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Conduct {
    #[default]
    Bertrand,
    Fixed {
        markup: f64,
    },
    Scaled(f64),
}

/// Refuses negative numbers in words of its own.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(try_from = "f64")]
struct Rate(f64);

impl TryFrom<f64> for Rate {
    type Error = String;
    fn try_from(rate: f64) -> Result<Self, String> {
        if rate >= 0.0 { Ok(Self(rate)) } else { Err(format!("is {rate}, below zero\nhelp: 0.25 is a 25% tariff")) }
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Regime {
    name: String,
    label: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Event {
    Announce { date: Date },
    Duty { date: Date, rate: f64 },
}

const TEXT: &str = r#"#:schema scenario.json
name = "showdown"

[market]
start = 1995-01-01
horizon_weeks = 104 # two years
pass_through = 1

[[regime]]
name = "history"
label = "as it happened"

[[regime]]
name = "imposed"
label = "sanctions"
events = [
  { kind = "announce", date = "1995-05-16" },
  { kind = "duty", date = 1995-06-28, rate = 1.0 },
]
"#;

fn document(text: &str) -> Document {
    Document::from_str(text, "a.toml").unwrap()
}

/// The message for `TEXT` with one part replaced.
fn message(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from));
    complaint(Document::from_str(&TEXT.replacen(from, to, 1), "a.toml").and_then(|it| it.deserialize::<Scenario>()))
}

fn complaint<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> String {
    result.expect_err("should be refused").to_string()
}

fn set_message(assignment: &str) -> String {
    let mut document = document(TEXT);
    complaint(document.set(assignment).and_then(|()| document.deserialize::<Scenario>()))
}

/// Files in a folder of their own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, name: &str) -> Result<Document, ConfigError> {
        Document::load_from(&Source::below(self.0.path()), &self.path(name))
    }

    /// The error of loading `name`, without the folder's own path.
    fn message(&self, name: &str) -> String {
        complaint(self.load(name)).replace(&format!("{}/", self.0.path().display()), "")
    }
}

#[test]
fn a_scenario_is_read_with_dates_bare_or_quoted_and_whole_numbers_as_floats() {
    let scenario: Scenario = document(TEXT).deserialize().unwrap();
    assert_eq!(scenario.market.start, date(1995, 1, 1));
    assert_eq!(scenario.market.pass_through, 1.0);
    let expected = [Event::Announce { date: date(1995, 5, 16) }, Event::Duty { date: date(1995, 6, 28), rate: 1.0 }];
    assert_eq!(scenario.regime[1].events, expected);
    let texts: BTreeMap<String, String> = document("bare = 1995-06-28\nquoted = '1995-06-28'").deserialize().unwrap();
    assert_eq!(texts["bare"], texts["quoted"]);
}

#[test]
fn an_unknown_key_is_shown_with_its_line_and_the_likely_one() {
    let expected = "\
a.toml:6: market.horizon_weks: unknown key
  6 | horizon_weks = 104 # two years
    | ^^^^^^^^^^^^
help: did you mean `horizon_weeks`? expected one of `start`, `horizon_weeks`, `pass_through`, `conduct`, \
                    `customs_share`, `rate`";
    assert_eq!(message("horizon_weeks", "horizon_weks"), expected);
}

#[test]
fn a_missing_key_points_at_its_table() {
    let expected = "\
a.toml:4: market: missing key `horizon_weeks`
  4 | [market]
    | ^^^^^^^^
help: add `horizon_weeks = ...` here";
    assert_eq!(message("horizon_weeks = 104", ""), expected);
    assert_eq!(message("name = \"showdown\"", ""), "a.toml: missing key `name`\nhelp: add `name = ...` here");
    let unnamed = message("label = \"sanctions\"", "");
    assert!(unnamed.starts_with("a.toml:13: regime.imposed: missing key `label`\n  13 | [[regime]]"), "{unnamed}");
}

#[test]
fn a_wrong_type_shows_the_value_and_what_was_expected() {
    let quoted = "\
a.toml:6: market.horizon_weeks: is \"104\", expected a whole number from 0 to 4294967295
  6 | horizon_weeks = \"104\" # two years
    |                 ^^^^^
help: remove the quotes: 104";
    assert_eq!(message("104", "\"104\""), quoted);
    let cases = [
        ("104", "104.0", "is 104.0, expected a whole number", "without the decimal point: 104"),
        ("104", "-4", "is -4, expected a whole number from 0", "choose a number in this range"),
        ("\"showdown\"", "1995", "name: is 1995, expected text", "put it in quotes: \"1995\""),
        ("pass_through = 1", "pass_through = [1]", "is a list, expected a number", "for example 0.25"),
        ("[market]", "[[market]]", "is a list, expected a table", "with [one] bracket"),
        ("[[regime]]\nname = \"history\"", "[regime]", "is a table, expected a list", "with [[two]] brackets"),
    ];
    for (from, to, problem, help) in cases {
        let text = if to == "[regime]" { &TEXT[..TEXT.rfind("[[regime]]").unwrap()] } else { TEXT };
        let result = Document::from_str(&text.replacen(from, to, 1), "a.toml").and_then(|it| it.deserialize());
        let message = complaint::<Scenario>(result);
        assert!(message.contains(problem) && message.contains(help), "{message}");
    }
}

#[test]
fn dates_choices_and_own_checks_explain_themselves() {
    let date = message("1995-01-01", "\"28 June 1995\"");
    assert!(
        date.starts_with("a.toml:5: market.start: is \"28 June 1995\", expected a date such as 1995-06-28"),
        "{date}"
    );
    let choice = message("pass_through = 1", "pass_through = 1\nconduct = \"bertand\"");
    assert!(choice.contains("market.conduct: is \"bertand\", which is not one of the choices"), "{choice}");
    assert!(
        choice.ends_with("help: did you mean `bertrand`? expected one of `bertrand`, `fixed`, `scaled`"),
        "{choice}"
    );
    let inside = message("pass_through = 1", "pass_through = 1\nconduct = { fixed = { markup = true } }");
    assert!(inside.contains("a.toml:8: market.conduct.fixed.markup: is true, expected a number"), "{inside}");
    let content = message("pass_through = 1", "pass_through = 1\nconduct = { bertrand = 3 }");
    assert!(content.contains("market.conduct.bertrand: this choice takes no value"), "{content}");
    let alone = message("pass_through = 1", "pass_through = 1\nconduct = \"scaled\"");
    assert!(alone.contains("market.conduct: is a name alone, expected a table with the name as its key"), "{alone}");
    let check = message("pass_through = 1", "pass_through = 1\nrate = -0.2");
    assert!(check.contains("a.toml:8: market.rate: is -0.2, below zero\n"), "{check}");
    assert!(check.ends_with("help: 0.25 is a 25% tariff"), "{check}");
    let nan = message("pass_through = 1", "pass_through = nan");
    assert!(nan.starts_with("a.toml:7: market.pass_through: is nan, expected a finite number"), "{nan}");
    assert!(message("pass_through = 1", "pass_through = 1e999").contains("is 1e999, expected a finite number"));
    assert!(message("104", "99999999999999999999").contains("too large for a whole number"));
}

/// serde buffers such enums and loses the place; the document finds it again.
#[test]
fn complaints_inside_a_tagged_choice_keep_their_line() {
    let key = message("rate = 1.0", "rat = 1.0");
    assert!(key.starts_with("a.toml:18: regime.imposed.events[1].rat: unknown key"), "{key}");
    assert!(key.contains("did you mean `rate`?"), "{key}");
    let wrong = message("rate = 1.0", "rate = \"all\"");
    assert!(wrong.starts_with("a.toml:18: regime.imposed.events[1].rate: is \"all\", expected a number"), "{wrong}");
    let tag = message("kind = \"duty\"", "kind = \"dutty\"");
    assert!(tag.starts_with("a.toml:18: regime.imposed.events[1].kind: is \"dutty\""), "{tag}");
    let date = message("\"1995-05-16\"", "\"1995-05-32\"");
    assert!(date.starts_with("a.toml:17: regime.imposed.events[0].date: is \"1995-05-32\", expected a date"), "{date}");
}

#[test]
fn text_that_is_not_toml_is_shown_with_line_and_column() {
    let expected = "a.toml:2:8: string values must be quoted";
    let message = message("\"showdown\"", "showdown");
    assert!(message.starts_with(expected), "{message}");
    assert!(message.contains("\n  2 | name = showdown\n    |        ^^^^^^^^\nhelp: text needs quotes"), "{message}");
    let duplicate = complaint(Document::from_str("a = 1\na = 2", "a.toml"));
    assert!(duplicate.starts_with("a.toml:2:1: duplicate key\n  2 | a = 2\n    | ^\nhelp: "), "{duplicate}");
}

#[test]
fn nesting_is_bounded_however_it_is_written() {
    let key = format!("a{}", ".a".repeat(70));
    let combined = format!("[{key}]\n{}1{}", format!("{key} = {{ ").repeat(70) + "b = ", "}".repeat(70));
    let deep =
        [format!("a{} = 1", ".a".repeat(100_000)), format!("a = {}", "[".repeat(100_000)), combined, key + " = 1"];
    for text in deep {
        let message = complaint(Document::from_str(&text, "deep.toml"));
        assert!(message.starts_with("deep.toml:") && message.len() < 1_000, "{message}");
    }
    document(&format!("a{} = 1", ".a".repeat(60)));
}

#[test]
fn unreadable_files_say_why() {
    let folder = Folder::with(&[("base.toml", "a = 1"), ("folder/x.toml", "")]);
    let missing = folder.message("bse.toml");
    assert!(missing.starts_with("bse.toml: cannot be read: "), "{missing}");
    assert!(missing.ends_with("help: did you mean `base.toml`?"), "{missing}");
    assert!(folder.message("folder").ends_with("help: this is a folder; name a file in it"));
    fs::write(folder.path("latin.toml"), b"a = 1\nb = \"caf\xe9\"\n").unwrap();
    let latin = folder.message("latin.toml");
    assert_eq!(
        latin,
        "latin.toml:2: byte 14 of the file is not UTF-8 text\nhelp: save the file with the encoding UTF-8"
    );
}

#[test]
fn a_file_overlays_the_one_it_extends() {
    let over = "extends = \"../base.toml\"\nmarket.horizon_weeks = 52\n\n[[regime]]\nname = \"imposed\"\nlabel = \"late\"\n\
                [[regime]]\nname = \"history\"\nremove = true\n[[regime]]\nname = \"new\"\nlabel = \"added\"\n";
    let folder = Folder::with(&[("base.toml", TEXT), ("sub/over.toml", over)]);
    let document = folder.load("sub/over.toml").unwrap();
    let scenario: Scenario = document.deserialize().unwrap();
    assert_eq!((scenario.market.horizon_weeks, scenario.market.start), (52, date(1995, 1, 1)));
    let regimes: Vec<_> =
        scenario.regime.iter().map(|it| (it.name.as_str(), it.label.as_str(), it.events.len())).collect();
    assert_eq!(regimes, [("imposed", "late", 2), ("new", "added", 0)]);
    let origin = |path| document.origin(path).unwrap().to_string();
    assert!(origin("market.start").ends_with("base.toml:5"), "{}", origin("market.start"));
    assert!(origin("market.horizon_weeks").ends_with("over.toml:2"));
    assert!(origin("regime[0].label").ends_with("over.toml:6"));
    assert!(origin("regime.imposed.events[1].rate").ends_with("base.toml:18"));
    assert_eq!(document.origin("regime[2]").map(|it| it.to_string()), None);
}

#[test]
fn a_key_of_the_file_below_can_be_taken_out() {
    let folder = Folder::with(&[
        ("base.toml", "[currency]\nJapan = 1\nGermany = 2\n[prices.held]\nBMW = 3\n"),
        (
            "over.toml",
            "extends = \"base.toml\"\nprices = { remove = true }\n[currency]\nGermany = { remove = true }\nSweden = 4",
        ),
        ("again.toml", "extends = \"over.toml\"\n[currency]\nGermany = { remove = true }"),
        ("kept.toml", "extends = \"base.toml\"\n[currency]\nGermany = { remove = true, value = 3 }"),
    ]);
    let document = folder.load("over.toml").unwrap();
    let tree: BTreeMap<String, BTreeMap<String, u32>> = document.deserialize().unwrap();
    let currency = BTreeMap::from([("Japan".to_owned(), 1), ("Sweden".to_owned(), 4)]);
    assert_eq!(tree, BTreeMap::from([("currency".to_owned(), currency)]));
    let again = folder.message("again.toml");
    assert!(again.starts_with("again.toml:3: currency.Germany: is to be removed, but is not there"), "{again}");
    // A table that says more than that is a value like any other.
    assert!(folder.load("kept.toml").unwrap().origin("currency.Germany.value").is_some());
}

#[test]
fn a_list_of_files_is_laid_over_in_order_and_arrays_replace() {
    let folder = Folder::with(&[
        ("one.toml", "x = 1\nlist = [1, 2]\nt.a = 1"),
        ("two.toml", "x = 2\nlist = [3]\nt.b = 2"),
        ("top.toml", "extends = [\"one.toml\", \"two.toml\"]\nt.c = 3"),
        ("empty.toml", "extends = \"top.toml\"\nlist = []"),
    ]);
    let values = folder.load("top.toml").unwrap().to_toml_string();
    assert_eq!(values, "list = [3]\nx = 2\n\n[t]\na = 1\nb = 2\nc = 3\n");
    assert!(folder.load("empty.toml").unwrap().to_toml_string().starts_with("list = []\n"));
}

#[test]
fn extends_that_cannot_be_followed_name_the_chain() {
    let many: String = (0..70).map(|_| "\"leaf.toml\", ").collect();
    let folder = Folder::with(&[
        ("a.toml", "extends = \"b.toml\""),
        ("b.toml", "# two\nextends = \"c.toml\""),
        ("c.toml", "extends = [\"a.toml\"]"),
        ("lost.toml", "extends = \"leav.toml\""),
        ("leaf.toml", ""),
        ("number.toml", "extends = 3"),
        ("many.toml", &format!("extends = [{many}]")),
        ("bad.toml", "x = 1\nextends = \"worse.toml\""),
        ("worse.toml", "y = "),
    ]);
    let circle = folder.message("a.toml");
    let expected = "c.toml:1: extends: the files extend each other in a circle: a.toml -> b.toml -> c.toml -> a.toml";
    assert!(circle.starts_with(expected), "{circle}");
    let lost = folder.message("lost.toml");
    assert!(lost.starts_with("lost.toml:1: extends: leav.toml cannot be read: "), "{lost}");
    assert!(lost.ends_with("did you mean `leaf.toml`?"), "{lost}");
    assert!(folder.message("number.toml").starts_with("number.toml:1: extends: expected the name of a file"));
    assert!(folder.message("many.toml").contains("more than 64 files"));
    assert!(folder.message("bad.toml").starts_with("worse.toml:1:"));
    assert!(complaint(Document::from_str("extends = 'x'", "text")).contains("only a file can extend another"));
}

#[test]
fn named_items_that_do_not_fit_together_are_refused() {
    let twice = message("\"imposed\"", "\"history\"");
    let expected = "a.toml:13: regime.history: a second item of this list is named \"history\"";
    assert!(twice.starts_with(expected), "{twice}");
    let item = "extends = \"base.toml\"\n[[regime]]\n";
    let folder = Folder::with(&[
        ("base.toml", TEXT),
        ("nameless.toml", &format!("{item}label = \"x\"")),
        ("gone.toml", &format!("{item}name = \"impsed\"\nremove = true")),
    ]);
    let nameless = folder.message("nameless.toml");
    assert!(nameless.starts_with("nameless.toml:2: regime[0]: has no `name`"), "{nameless}");
    let gone = folder.message("gone.toml");
    assert!(gone.starts_with("gone.toml:2: regime.impsed: is to be removed, but is not there"), "{gone}");
    assert!(gone.contains("did you mean `imposed`?"), "{gone}");
}

#[test]
fn overrides_lie_over_everything_and_are_named_in_errors() {
    let mut document = document(TEXT);
    document.set("market.horizon_weeks=52").unwrap();
    document.set("regime.imposed.label=late").unwrap();
    document.set("regime[0].label = \"two words\"").unwrap();
    document.set("market.start=1996-01-01").unwrap();
    document.set("market.customs_share={value = 0.7, source = 'press'}").unwrap();
    document.set("market.customs_share.status=sourced").unwrap();
    document.set("regime.imposed.events[1].rate=0.5").unwrap();
    let scenario: Scenario = document.deserialize().unwrap();
    assert_eq!(scenario.market.horizon_weeks, 52);
    assert_eq!(scenario.market.start, date(1996, 1, 1));
    assert_eq!((scenario.regime[0].label.as_str(), scenario.regime[1].label.as_str()), ("two words", "late"));
    assert_eq!(scenario.market.customs_share.unwrap().status, Status::Sourced);
    assert_eq!(scenario.regime[1].events[1], Event::Duty { date: date(1995, 6, 28), rate: 0.5 });
    assert_eq!(document.origin("regime[1].label").unwrap().to_string(), "--set regime.imposed.label=late");

    let wrong = "\
--set market.horizon_weeks=soon: market.horizon_weeks: is \"soon\", expected a whole number from 0 to 4294967295
   | market.horizon_weeks=soon
   |                      ^^^^
help: for example 52";
    assert_eq!(set_message("market.horizon_weeks=soon"), wrong);
    let unknown = set_message("market.horizon_weks=5");
    assert!(unknown.contains("market.horizon_weks: unknown key\n   | market.horizon_weks=5\n   | ^^^"), "{unknown}");
}

#[test]
fn overrides_that_cannot_be_read_or_placed_are_refused() {
    let cases = [
        ("market.horizon_weeks", "expected `=` and a value after the key"),
        ("=5", "expected a key"),
        ("market..x=5", "expected a key"),
        ("market.x=", "there is no value after `=`"),
        ("market.x y=5", "expected `=`"),
        ("regime[one].label=x", "expected a position such as [0]"),
        ("regime[1.label=x", "this `[` is never closed"),
        ("'market=x", "this quote is never closed"),
        ("regime[7].label=x", "`regime` has no position [7]: it has 2 items"),
        ("regime.impsed.label=x", "did you mean `imposed`?"),
        ("name.first=x", "`name` is a single value and has no key `first`"),
        ("name[0]=x", "`name` is a single value and has no position [0]"),
        ("market[0]=x", "`market` is a table and has no position [0]"),
        ("market.start=1995-13-01", "put quotes around text"),
        ("name=two words", "put quotes around text"),
        ("market.pass_through=inf", "market.pass_through: is inf, expected a finite number"),
        ("extends=b.toml", "only a file can extend another"),
    ];
    for (assignment, expected) in cases {
        let message = set_message(assignment);
        assert!(message.starts_with(&format!("--set {assignment}: ")) && message.contains(expected), "{message}");
    }
}

#[test]
fn later_checks_show_the_line() {
    let document = document(TEXT);
    let error =
        document.error_at("regime[1].events[0].date", "is 1995-05-16, after the horizon", "choose an earlier date");
    let expected = "\
a.toml:17: regime.imposed.events[0].date: is 1995-05-16, after the horizon
  17 |   { kind = \"announce\", date = \"1995-05-16\" },
     |                               ^^^^^^^^^^^^
help: choose an earlier date";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.location().and_then(|it| it.line), Some(17));
    let absent = document.error_at("market.population.buyers", "is needed", "");
    assert_eq!(absent.to_string(), "a.toml:4: market.population.buyers: is needed\n  4 | [market]\n    | ^^^^^^^^");
    assert!(document.error_at("", "is wrong", "").to_string().starts_with("a.toml: is wrong"));
    assert!(document.error_at("[[..", "is wrong", "").to_string().contains("is wrong"));
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let text = format!("list = [{}\"x\", {}]", "1, ".repeat(300), "2, ".repeat(300));
    let message = complaint(document(&text).deserialize::<BTreeMap<String, Vec<f64>>>());
    let caret_line = message.lines().nth(2).unwrap();
    let shown = message.lines().nth(1).unwrap();
    assert!(message.starts_with("a.toml:1: list[300]: is \"x\", expected a number"), "{message}");
    assert!(shown.len() < 160 && &shown[caret_line.find('^').unwrap()..][..3] == "\"x\"", "{message}");
}

#[test]
fn the_resolved_document_reads_back_to_itself() {
    let document = document(TEXT);
    let written = document.to_toml_string();
    let again = Document::from_str(&written, "again").unwrap();
    assert_eq!(again.to_toml_string(), written);
    assert_eq!(again.hash(), document.hash());
    assert_eq!(again.deserialize::<Scenario>().unwrap(), document.deserialize::<Scenario>().unwrap());
}

#[test]
fn the_hash_is_of_the_values_alone() {
    let hash = |text: &str| document(text).hash();
    let plain = hash("a = 1\nb = 1995-06-28\n[t]\nc = [1, 2]\n");
    assert_eq!(plain, hash("# other\nt = { c = [1.0, 2e0] }\nb = '1995-06-28'\na = 0x1\n"));
    let folder =
        Folder::with(&[("x.toml", "a = 9\nb = 1995-06-28"), ("y.toml", "extends = 'x.toml'\na = 1\nt.c = [1, 2]")]);
    assert_eq!(plain, folder.load("y.toml").unwrap().hash());
    for other in ["a = 2\nb = 1995-06-28\nt.c = [1, 2]", "a = 1\nb = 1995-06-28\nt.c = [2, 1]", "a = 1\nb = 1995-06-28"]
    {
        assert_ne!(plain, hash(other));
    }
    assert_ne!(hash("a = 9007199254740993"), hash("a = 9007199254740992"), "beyond what a float tells apart");
    assert_ne!(hash("a = '1'"), hash("a = 1"));
    // Pinned: results are filed under this hash, so a change of its encoding must be deliberate.
    assert_eq!(plain.to_hex()[..16], *"911a43e86bd1c8a2");
}

#[test]
fn sourced_values_are_bare_or_documented() {
    let read = |text: &str| document(text).deserialize::<BTreeMap<String, Sourced<f64>>>();
    assert_eq!(read("a = 1").unwrap()["a"], Sourced::bare(1.0));
    let full = read("a = { value = 0.7, source = 'NYT', status = 'derived' }").unwrap();
    assert_eq!(full["a"], Sourced { value: 0.7, source: Some("NYT".to_owned()), status: Status::Derived });
    assert_eq!(read("[a]\nvalue = 2\n").unwrap()["a"].status, Status::Unstated);
    let cases = [
        ("a = { value = 1, sorce = 'x' }", "a.toml:1: a.sorce: unknown key", "did you mean `source`?"),
        ("a = { source = 'x' }", "a.toml:1: a: missing key `value`", "add `value = ...`"),
        ("a = { value = 'x' }", "a.toml:1: a.value: is \"x\", expected a number", "for example 0.25"),
        ("a = 'x'", "a.toml:1: a: is \"x\", expected a number", "for example 0.25"),
        ("a = { value = 1, status = 'guess' }", "a.toml:1: a.status: is \"guess\"", "`sourced`, `derived`"),
        ("a = { value = 1, status = 'unstated' }", "a.toml:1: a.status: is \"unstated\"", "`calibrated`"),
    ];
    for (text, problem, help) in cases {
        let message = complaint(read(text));
        assert!(message.starts_with(problem) && message.contains(help), "{message}");
    }
    let lists: BTreeMap<String, Sourced<Vec<f64>>> = document("a = [1, 2]").deserialize().unwrap();
    assert_eq!(lists["a"].value, [1.0, 2.0]);
    #[cfg(feature = "schema")]
    {
        let schema = serde_json::to_value(schemars::schema_for!(Sourced<f64>)).unwrap();
        assert_eq!(schema["anyOf"][1]["required"][0], "value");
    }
}

mod any_input {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that are often almost TOML.
    fn toml_like() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("[a]\n"),
            Just("[[a]]\n"),
            Just("name = 'x'\n"),
            Just("a.b = 1\n"),
            Just("a = [{ name = 'y' }, "),
            Just("]"),
            Just("'''"),
            Just("\""),
            Just("nan"),
            Just("= 1995-06-28T"),
            Just("é\r\n"),
            Just("remove = true\n"),
            Just("\u{feff}"),
            Just("{ a = "),
            Just("}\n"),
            Just("extends = "),
            Just("name = "),
            Just("market = { start = 1995-06-28 }\n"),
        ];
        prop_oneof![proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()), any::<String>(),]
    }

    proptest! {
        #[test]
        fn never_panics(text in toml_like(), assignment in "[a-z.\\[\\]0-9='\"é ]{0,20}", path in any::<String>()) {
            if let Ok(mut document) = Document::from_str(&text, "x.toml") {
                let _ = document.set(&assignment).map_err(|error| error.to_string());
                let _ = document.deserialize::<Scenario>().map_err(|error| error.to_string());
                let _ = document.error_at(&path, "is wrong", "").to_string();
                let again = Document::from_str(&document.to_toml_string(), "again").unwrap();
                prop_assert_eq!(again.hash(), document.hash());
            }
        }

        #[test]
        fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let folder = Folder::with(&[]);
            fs::write(folder.path("x.toml"), &bytes).unwrap();
            let _ = folder.load("x.toml").map_err(|error| error.to_string());
        }
    }
}

/// What would take long to read is refused before it is parsed.
#[test]
fn texts_of_very_many_values_are_refused() {
    for text in [format!("x = [{}]", "1,".repeat(300_000)), "[a.b.c.d]\n".repeat(80_000)] {
        let error = Document::from_str(&text, "a.toml").unwrap_err().to_string();
        assert!(
            error.contains("has more values and tables than 300000 signs") && error.len() < 1000,
            "{}",
            &error[..200]
        );
    }
}

/// Where nesting is too deep for the parser, the line is named and not the first of the file.
#[test]
fn what_is_nested_too_deep_is_named_with_its_line() {
    for text in [
        format!("a = 1\n# b.c\nb{} = 1\n", ".c".repeat(10_000)),
        format!("a = '.'\n\n[b{}]\nc = 1\n", ".c".repeat(10_000)),
        format!("a = \".\"\n\n[[b{}]]\nc = 1\n", ".c".repeat(10_000)),
        format!("a = 1\n\nb = {}{}\n", "[".repeat(1000), "]".repeat(1000)),
    ] {
        let error = Document::from_str(&text, "a.toml").unwrap_err().to_string();
        assert!(error.starts_with("a.toml:3"), "{}", &error[..200]);
        assert!(error.contains("nested deeper than 64 levels\n") && error.len() < 1000, "{}", &error[..200]);
    }
}

/// Numbers as other programs write them: the remedy is the number.
#[test]
fn numbers_in_other_notations_are_answered_with_the_number() {
    for (written, meant) in
        [("25%", "write 0.25"), ("0,25", "write 0.25"), ("37000,00", "write 37000.00"), ("$5", "write 5")]
    {
        let mut document = document("a = 1");
        let error = document.set(&format!("a={written}")).unwrap_err().to_string();
        assert!(error.ends_with(&format!("help: {meant}")), "{error}");
        let error = Document::from_str(&format!("b = 1\na = {written} # a rate\n"), "s.toml").unwrap_err().to_string();
        assert!(error.ends_with(&format!("help: {meant}")), "{error}");
    }
    // As people write numbers in places that TOML does not.
    for (written, meant) in [(".03", "0.03"), ("-.5", "-0.5"), ("3.", "3.0"), ("03", "3"), ("100_000.", "100000.0")] {
        let mut document = document("a = 1");
        let error = document.set(&format!("a={written}")).unwrap_err().to_string();
        assert!(error.ends_with(&format!("help: write {meant}")), "{error}");
        for text in
            [format!("b = 1\na = {written} # a rate\n"), format!("a = {{ value = {written}, source = \"x\" }}\n")]
        {
            let error = Document::from_str(&text, "s.toml").unwrap_err().to_string();
            assert!(error.ends_with(&format!("help: write {meant}")), "{error}");
        }
    }
    let error = document("a = 1").set("a=37,000").unwrap_err().to_string();
    assert!(error.ends_with("write 37000 if the separator parts thousands, or 37.000 if it parts decimals"), "{error}");
    // Text in place of a number.
    for (written, meant) in [
        ("3%", "write 0.03, without quotes"),
        ("0,03", "write 0.03, without quotes"),
        ("37000,00", "write 37000.00, without quotes"),
        ("100 000", "write 100000, without quotes"),
        (".25", "remove the quotes: 0.25"),
    ] {
        let read: Result<std::collections::BTreeMap<String, f64>, _> =
            document(&format!("a = \"{written}\"")).deserialize();
        assert!(complaint(read).ends_with(&format!("help: {meant}")), "{written}");
    }
}

#[test]
fn texts_that_are_no_text_are_refused() {
    let refused = |text: &str| Document::from_str(text, "s.toml").unwrap_err().to_string();
    let error = refused("a = \"red \\u001b[31m\"");
    assert!(error.contains("s.toml:1: a: has the control character U+001B"), "{error}");
    let error = refused(&format!("a = \"{}\"", "x".repeat(10_001)));
    assert!(error.contains("a: has 10001 characters, at most 10000 can be"), "{error}");
    Document::from_str("a = \"two\\n\\tlines\"", "s.toml").unwrap();
}
