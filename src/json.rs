//! Reading JSON objects of files and answers.
//!
//! What serde derives for a struct also takes a list of its values. Such a list is damage, or a
//! mistake in a file that a person wrote, so it is refused here.

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// Parses a document that is an object. The error may quote values.
pub fn from_slice<'de, T: Deserialize<'de>>(content: &'de [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(content).map(|Object(value)| value)
}

/// A document, member or item that is an object.
#[derive(Debug, Default)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(WithoutLists(deserializer)).map(Self)
    }
}

/// Reads a struct as a map.
struct WithoutLists<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutLists<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
