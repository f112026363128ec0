//! Changes one entry of `credHelpers` and no other byte.
//!
//! `serde_json` gives the place of each value. The entry is written in the file's own style.

use super::json;
use super::object::{Member, Object};
use crate::error::Failure;
use crate::registry_host::RegistryHost;

const CRED_HELPERS: &str = "credHelpers";

/// How a host's entry changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The host had no entry.
    Added,
    /// The entry had this value before; empty if that was no string.
    Replaced(String),
    /// The entry had the wanted value already.
    Unchanged,
}

/// The text of a client's configuration file while it is changed.
pub struct Draft {
    text: String,
}

impl Draft {
    /// The content of the file, empty for a new one.
    pub fn new(content: &[u8]) -> Result<Self, Failure> {
        let text = json::editable_text(content)?.to_owned();
        let draft = Self { text };
        draft.checked_helpers()?;
        Ok(draft)
    }

    /// The current text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Makes `helper` the one for `host`.
    pub fn set(&mut self, host: &RegistryHost, helper: &str) -> Change {
        let (key, value) = (quoted(host.as_str()), quoted(helper));
        // As Docker and podman write it.
        let new = format!("{{\n\t\"{CRED_HELPERS}\": {{\n\t\t{key}: {value}\n\t}}\n}}");
        let Some(root) = self.root() else {
            self.text = format!("{new}\n");
            return Change::Added;
        };
        let Some(root_style) = root.style(&self.text) else {
            self.text.replace_range(root.span, &new);
            return Change::Added;
        };
        let Some((_, _, helpers)) = self.helpers() else {
            let value = root_style.nested(&key, &value);
            root.append(&mut self.text, &root_style, &quoted(CRED_HELPERS), &value);
            return Change::Added;
        };
        let Some(style) = helpers.style(&self.text) else {
            let value = root_style.nested(&key, &value);
            self.text.replace_range(helpers.span, &value);
            return Change::Added;
        };
        let mut change = Change::Added;
        // From the end, so that earlier places stay valid. Clients use the last of duplicate keys.
        for member in helpers.members.iter().rev() {
            if member.key != host.as_str() {
                continue;
            }
            let was = &self.text[member.value.clone()];
            if was != value {
                change = Change::Replaced(serde_json::from_str(was).unwrap_or_default());
                self.text.replace_range(member.value.clone(), &value);
            } else if change == Change::Added {
                change = Change::Unchanged;
            }
        }
        if change == Change::Added {
            helpers.append(&mut self.text, &style, &key, &value);
        }
        change
    }

    /// Removes every entry that `is_wanted` (key, helper), and `credHelpers` itself if it becomes
    /// empty. Returns the keys.
    pub fn remove(&mut self, is_wanted: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let mut removed = Vec::new();
        while let Some((root, at, helpers)) = self.helpers() {
            let wanted = |member: &Member| {
                let helper = serde_json::from_str(&self.text[member.value.clone()]);
                helper.is_ok_and(|helper: String| is_wanted(&member.key, &helper))
            };
            let Some(index) = helpers.members.iter().position(wanted) else {
                break;
            };
            if helpers.members.len() > 1 {
                helpers.remove(&mut self.text, index);
            } else {
                root.remove(&mut self.text, at);
            }
            removed.extend(helpers.members.into_iter().nth(index).map(|it| it.key));
        }
        removed
    }

    fn root(&self) -> Option<Object> {
        let trimmed = self.text.trim_ascii_start();
        let start = self.text.len() - trimmed.len();
        Object::read(&self.text, start..start + trimmed.trim_ascii_end().len())
    }

    /// No change makes `credHelpers` invalid after [`Self::new`].
    fn helpers(&self) -> Option<(Object, usize, Object)> {
        self.checked_helpers().ok().flatten()
    }

    /// Finds `credHelpers`: the root, the index among its members, and the object. Go ignores the
    /// case of this key.
    fn checked_helpers(&self) -> Result<Option<(Object, usize, Object)>, Failure> {
        let Some(root) = self.root() else {
            return Ok(None);
        };
        let is_helpers = |member: &Member| member.key.eq_ignore_ascii_case(CRED_HELPERS);
        let Some(at) = root.members.iter().position(is_helpers) else {
            return Ok(None);
        };
        if root.members[at + 1..].iter().any(is_helpers) {
            let what = format!("duplicate key {CRED_HELPERS}");
            return Err(Failure::new(what, "merge the two"));
        }
        let span = root.members[at].value.clone();
        let helpers = match &self.text[span.clone()] {
            // Every client treats it as an empty object.
            "null" => Object {
                span,
                members: Vec::new(),
            },
            _ => Object::read(&self.text, span).ok_or_else(|| {
                Failure::new(
                    format!("{CRED_HELPERS} is not an object"),
                    "write it as {\"HOST\": \"HELPER\"}",
                )
            })?,
        };
        Ok(Some((root, at, helpers)))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
