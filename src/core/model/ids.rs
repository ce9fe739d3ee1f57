//! Identifiers of brands, manufacturers, regions and regimes, and tables indexed only by their own identifier.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A number that names one thing of one kind.
pub trait Id: Copy {
    /// The identifier of the `index`-th thing.
    fn from_index(index: usize) -> Self;
    /// Position in a [`IdTable`].
    fn index(self) -> usize;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                Self(u16::try_from(index).unwrap_or(u16::MAX))
            }
            fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    };
}

id!(
    /// A brand (marque): what the badge says and what loyalty attaches to.
    BrandId
);
id!(
    /// A manufacturer: the firm that sets a model's price.
    ManufacturerId
);
id!(
    /// A region: where the badge comes from, not where the car is assembled.
    RegionId
);
id!(
    /// A regime of the scenario, whether it runs or not; its place among those that run is an arm of the study.
    RegimeId
);

/// A vector that only its own identifier can index.
#[derive(Clone, Debug, PartialEq)]
pub struct IdTable<I, T> {
    items: Vec<T>,
    id: PhantomData<I>,
}

impl<I: Id, T> IdTable<I, T> {
    /// A table of the given items, the first under identifier 0.
    #[must_use]
    pub fn new(items: Vec<T>) -> Self {
        Self { items, id: PhantomData }
    }
    /// A table of `len` items that are the same.
    #[must_use]
    pub fn filled(len: usize, item: T) -> Self
    where
        T: Clone,
    {
        Self::new(vec![item; len])
    }
    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Identifiers and items, in order.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(i, item)| (I::from_index(i), item))
    }
    /// Identifiers, in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }
    /// The items alone, in order of identifier.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
    /// The items, in order of identifier.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }
}

impl<I: Id, T> Index<I> for IdTable<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for IdTable<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

/// The distinct names in order of first appearance, and each row's identifier.
#[must_use]
pub fn intern<I: Id>(names: &[String]) -> (IdTable<I, String>, Vec<I>) {
    let mut distinct: Vec<String> = Vec::new();
    let ids = names
        .iter()
        .map(|name| {
            let index = distinct.iter().position(|known| known == name).unwrap_or_else(|| {
                distinct.push(name.clone());
                distinct.len() - 1
            });
            I::from_index(index)
        })
        .collect();
    (IdTable::new(distinct), ids)
}
