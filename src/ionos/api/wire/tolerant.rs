//! Tolerant reading of lists and members.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::ionos::api::MOST_ITEMS;
use crate::json::Object;

/// The items of one page that match the API's description.
pub(crate) struct Items<T> {
    pub(crate) accepted: Vec<T>,
    /// How many items there were, nulls included.
    pub(crate) count: usize,
    /// How many were skipped: they are too large, or do not match it.
    pub(crate) skipped: usize,
    /// The size of the items that were not too large, in bytes of JSON.
    pub(crate) size: usize,
}

/// In bytes of JSON. A registry has 1 kB, a token half of that.
const LARGEST_ITEM: usize = 64 * 1024;
/// The most that is kept of one list. In memory a list takes up to five times as much.
pub(crate) const LARGEST_LIST: usize = 2 * 1024 * 1024;

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            accepted: Vec::new(),
            count: 0,
            skipped: 0,
            size: 0,
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for List<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            // Go writes an empty list as null.
            fn visit_unit<E>(self) -> Result<Items<T>, E> {
                Ok(Items::default())
            }

            // Parses one item at a time and keeps no more than the caller accepts, so a list of a
            // million items takes little memory.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<T>, A::Error> {
                let mut items = Items::default();
                while let Some(item) = list.next_element::<&RawValue>()? {
                    let size = item.get().len();
                    items.count += 1;
                    if size > LARGEST_ITEM {
                        items.skipped += 1;
                        continue;
                    }
                    items.size += size;
                    // The caller refuses the list.
                    if items.size > LARGEST_LIST {
                        continue;
                    }
                    match serde_json::from_str::<Option<Object<T>>>(item.get()) {
                        Ok(Some(_)) if items.accepted.len() > MOST_ITEMS => items.skipped += 1,
                        Ok(item) => items.accepted.extend(item.map(|it| it.0)),
                        Err(_) => items.skipped += 1,
                    }
                }
                Ok(items)
            }
        }
        deserializer.deserialize_any(List(PhantomData))
    }
}

/// Reads a member that no lookup and no login needs. It counts as missing if it has another type.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    let member = Option::<&RawValue>::deserialize(deserializer)?;
    let read = |member: &RawValue| serde_json::from_str::<Option<T>>(member.get()).ok()?;
    Ok(member.and_then(read).unwrap_or_default())
}
