//! A study in units, for any engine: the plan goes out as files, units come back as bytes, in any order and as often as they like.

use std::path::Path;

use super::error::Error;
use super::folder::ResultFolder;
use super::scenario::Scenario;
use crate::folder::lock::Sharing;
use crate::folder::{OutputFolder, PLAN, TemporaryFolder};
use crate::study::Observer;
use crate::study::units::drive::{Drive, Studies};
use crate::study::units::{MODEL_VERSION, Plan, Store};
use crate::study::work;

/// The plan of a study in a folder, in which its units are collected and its results written.
#[derive(Clone, Debug)]
pub struct StudyPlan {
    folder: OutputFolder,
    plan: Plan,
}

impl StudyPlan {
    /// Plans a study in a folder: the given regimes, all where none is given. A plan of the same study that stands there is kept, with its
    /// units.
    ///
    /// # Errors
    /// [`Error`] when the study cannot be planned, or the folder holds units of another plan.
    pub fn begin<N: AsRef<str>>(
        scenario: &Scenario,
        regimes: impl IntoIterator<Item = N>,
        unit_size: Option<u64>,
        folder: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        let loaded = scenario.loaded();
        let regimes: Vec<String> = regimes.into_iter().map(|name| name.as_ref().to_owned()).collect();
        let regimes = work::regimes_named(&loaded.scenario, &regimes)?;
        let plan = work::plan(loaded, &regimes, unit_size)?;
        let folder = OutputFolder::create(folder.as_ref())?;
        let store = Store::of(folder.clone(), Sharing::Alone)?;
        let stored = Plan::read(&folder).ok();
        if stored.as_ref() != Some(&plan) {
            if store.has_units() {
                let path = folder.path().display().to_string();
                return Err(Error::refused(
                    &path,
                    "units",
                    "are of another plan",
                    "choose another folder, or remove them",
                ));
            }
            plan.write(&folder, loaded)?;
        }
        Ok(Self { folder, plan })
    }

    /// The plan that stands in a folder.
    ///
    /// # Errors
    /// [`Error`] when there is none, or it was changed.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = OutputFolder::at(folder.as_ref());
        Ok(Self { plan: Plan::read(&folder)?, folder })
    }

    /// Version of the model: programs that agree in it do a unit to the same bytes.
    #[must_use]
    pub fn version() -> &'static str {
        MODEL_VERSION
    }
    /// Ids of the units, in the order of the plan.
    #[must_use]
    pub fn units(&self) -> Vec<&str> {
        self.plan.units.iter().map(|unit| unit.id.as_str()).collect()
    }
    /// Ids of those that are not done: without a shard in the folder, or with one that is damaged.
    ///
    /// # Errors
    /// [`Error`] when a shard is of another plan.
    pub fn missing(&self) -> Result<Vec<&str>, Error> {
        let store = Store::of(self.folder.clone(), Sharing::WithUnits)?;
        let inventory = store.inventory(&self.plan)?;
        let missing = self.plan.units.iter().enumerate().filter(|(place, _)| !inventory.done.contains_key(place));
        Ok(missing.map(|(_, unit)| unit.id.as_str()).collect())
    }
    /// All that a worker needs, as files: the plan and its data.
    ///
    /// # Errors
    /// [`Error`] when one cannot be read.
    pub fn packed(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let names = std::iter::once(PLAN).chain(self.plan.data.iter().map(|file| file.copy.as_str()));
        let read = |name: &str| {
            let bytes = self.folder.read(name).map_err(|error| Error::unreadable(name, &error))?;
            Ok((name.to_owned(), bytes))
        };
        names.map(read).collect()
    }

    /// Does units of a packed plan, prepared once, on the threads of the current pool; gives each as the bytes of its shard.
    ///
    /// # Errors
    /// [`Error`] for a plan of another version or an id that is not in it, and as a run.
    pub fn work<I: AsRef<str>>(
        packed: &[(String, Vec<u8>)],
        ids: impl IntoIterator<Item = I>,
        observer: &dyn Observer,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let place = TemporaryFolder::new()?;
        let folder = OutputFolder::at(place.path());
        for (name, bytes) in packed {
            folder.write(name, bytes)?;
        }
        let (plan, loaded, regimes) = work::open(&folder)?;
        let store = Store::of(folder.clone(), Sharing::Alone)?;
        let drive = Drive { plan: &plan, regimes: &regimes, store: &store, observer };
        let (studies, units) = (Studies::new(&loaded, &plan).watched_by(observer), plan.unit_list());
        let mut done = Vec::new();
        for id in ids {
            let id = id.as_ref();
            let known = || plan.units.iter().take(4).map(|unit| unit.id.clone()).collect::<Vec<_>>();
            let position = plan.units.iter().position(|unit| unit.id == id);
            let position = position.ok_or_else(|| Error::unknown("unit", id, &known()))?;
            drive.publish(&units[position..=position], &studies)?;
            let path = store.shard_path(&plan, position);
            let bytes = crate::folder::read(&path).map_err(|error| Error::unreadable("unit", &error))?;
            folder.remove(&path)?;
            done.push(bytes);
        }
        Ok(done)
    }

    /// Checks that a unit that was done elsewhere is whole and stores it; whether it was missing. One that comes twice must be the same bytes.
    /// What its numbers look like is checked when the units are merged.
    ///
    /// # Errors
    /// [`Error`] for one that is damaged, of another plan, or done with other results.
    pub fn collect(&self, unit: &[u8]) -> Result<bool, Error> {
        let store = Store::of(self.folder.clone(), Sharing::WithUnits)?;
        Ok(store.receive(&self.plan, None, unit)?.1)
    }

    /// Reduces the units, and writes the results into the folder.
    ///
    /// # Errors
    /// [`Error`] naming the units that are missing.
    pub fn merge(&self, charts: bool, observer: &dyn Observer) -> Result<ResultFolder, Error> {
        ResultFolder::merged(self.folder.clone(), charts, observer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::{FolderOptions, Scenario};

    #[test]
    fn units_done_elsewhere_in_any_order_give_the_bytes_of_one_run() {
        let scenario = Scenario::example("market-1995").unwrap();
        let small = [("buyers.count", 128), ("buyers.pricing_nodes", 128), ("run.replications", 4)];
        let scenario = scenario.with_all(small).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let plan = StudyPlan::begin(&scenario, ["imposed"], Some(2), folder.path().join("plan")).unwrap();
        let units: Vec<String> = plan.missing().unwrap().into_iter().map(str::to_owned).collect();
        assert_eq!(units.len(), 2);
        let done = StudyPlan::work(&plan.packed().unwrap(), units.iter().rev(), &()).unwrap();
        assert!(plan.collect(&done[0]).unwrap() && !plan.collect(&done[0]).unwrap());
        assert_eq!(plan.missing().unwrap(), [units[0].as_str()]);
        assert!(plan.merge(false, &()).unwrap_err().to_string().contains("missing: 0..1"));
        let mut changed = done[1].clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(plan.collect(&changed).unwrap_err().to_string().contains("damaged"));
        assert!(plan.collect(&done[1]).unwrap());
        // The same plan again is kept with its units, another is refused.
        assert!(
            StudyPlan::begin(&scenario, ["imposed"], Some(2), plan.folder.path())
                .unwrap()
                .missing()
                .unwrap()
                .is_empty()
        );
        let other = StudyPlan::begin(&scenario, ["all_imports"], Some(2), plan.folder.path()).unwrap_err();
        assert!(other.to_string().contains("another plan"), "{other}");
        let merged = plan.merge(false, &()).unwrap();
        let options = FolderOptions::default();
        let whole = ResultFolder::run(&scenario, ["imposed"], None, options, &()).unwrap();
        assert_eq!(merged.tables(), whole.tables());
        for name in whole.tables() {
            assert_eq!(merged.table(&name).unwrap(), whole.table(&name).unwrap(), "{name}");
        }
    }
}
