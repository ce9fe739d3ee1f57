//! The overlays of `configs/claims`: each changes the one thing that it says, and is read with the folder above named.

use std::fs;

use stickershock::model::ids::Id;

use super::support::{load_anywhere, root};

#[test]
fn overlays_change_what_they_say() {
    let shipped = load_anywhere(&root().join("configs/showdown-1995.toml"), &[]).unwrap();
    let overlay = |name: &str| {
        let file = root().join(format!("configs/claims/{name}.toml"));
        load_anywhere(&file, &[]).unwrap_or_else(|error| panic!("{error}")).scenario
    };
    let names = |scenario: &stickershock::model::scenario::Scenario| {
        scenario.market.models.iter().map(|model| (model.name.clone(), model.base_volume)).collect::<Vec<_>>()
    };
    let full = &shipped.scenario;

    let alone = overlay("without-europe");
    let region = |j: usize| full.market.regions.as_slice()[full.market.models[j].region.index()].as_str();
    let others: Vec<_> =
        names(full).into_iter().enumerate().filter(|(j, _)| region(*j) != "europe").map(|(_, own)| own).collect();
    assert_eq!(names(&alone), others);
    assert!(others.len() < full.market.len());
    assert_eq!(alone.market.market_size, full.market.market_size);

    let twins = overlay("near-twins");
    let added: Vec<_> = names(&twins).into_iter().filter(|own| !names(full).contains(own)).collect();
    let part = |name: &str, cars: f64| (name.to_owned(), cars);
    assert_eq!(added, [part("Maxima", 0.25 * 160_000.0), part("Camry V6 XLE", 30_000.0), part("Avalon", 66_000.0)]);
    assert_eq!(twins.market.len(), full.market.len() + 3);
    assert!(twins.market.models.iter().filter(|model| model.name == "Avalon").all(|model| !model.imported));

    let first = overlay("case-first");
    assert_eq!(names(&first), names(full));
    let regimes: Vec<_> = first.regimes.values().map(|regime| regime.name.as_str()).collect();
    assert!(regimes.contains(&"case_first"), "{regimes:?}");
}

/// The page names each overlay, and the folder says what each is for.
#[test]
fn every_overlay_is_explained() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let (page, folder) = (read("docs/claims.md"), read("configs/claims/README.md"));
    for entry in fs::read_dir(root().join("configs/claims")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(overlay) = name.strip_suffix(".toml") {
            assert!(folder.contains(&name), "{name} is not in the folder's README");
            assert!(
                page.contains(&format!("configs/claims/{name}")) && page.contains(&format!("`{overlay}`")),
                "{name}"
            );
        }
    }
}
