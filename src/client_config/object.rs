//! An object in its text: the place of its members, and the style in which they are written.

use std::ops::Range;

use super::json;

/// An object and its place in the text.
pub(super) struct Object {
    pub(super) span: Range<usize>,
    pub(super) members: Vec<Member>,
}

pub(super) struct Member {
    pub(super) key: String,
    /// The place of the key's opening quotation mark.
    start: usize,
    pub(super) value: Range<usize>,
}

impl Object {
    pub(super) fn empty(span: Range<usize>) -> Self {
        let members = Vec::new();
        Self { span, members }
    }

    pub(super) fn read(text: &str, span: Range<usize>) -> Option<Self> {
        let object = &text[span.clone()];
        let mut members: Vec<Member> = Vec::new();
        let mut end = span.start + 1;
        for member in json::members(object)? {
            let start = skip_to_key(text, end);
            let value = json::span(text, member.value);
            end = value.end;
            let key = member.key.into_owned();
            members.push(Member { key, start, value });
        }
        Some(Self { span, members })
    }

    /// The style of its members; `None` if it has none.
    pub(super) fn style(&self, text: &str) -> Option<Style> {
        let last = self.members.last()?;
        let before = match self.members.len() {
            1 => self.span.start + 1,
            count => self.members[count - 2].value.end,
        };
        let space = text[before..last.start]
            .rsplit(',')
            .next()
            .unwrap_or_default();
        let head = &text[last.start..last.value.start];
        let colon = head.rfind(':').map_or(":", |at| {
            let key_end = head[..at].trim_ascii_end().len();
            &head[key_end..]
        });
        let colon = if colon.contains('\n') { ": " } else { colon };
        let line = space.rfind('\n').map(|at| {
            let at = if space[..at].ends_with('\r') {
                at - 1
            } else {
                at
            };
            space[at..].to_owned()
        });
        let gap = match self.members.len() {
            1 => colon.split(':').next_back().unwrap_or_default(),
            _ => space,
        };
        Some(Style {
            gap: gap.to_owned(),
            colon: colon.to_owned(),
            line,
        })
    }

    pub(super) fn append(&self, text: &mut String, style: &Style, key: &str, value: &str) {
        let end = self
            .members
            .last()
            .map_or(self.span.start + 1, |last| last.value.end);
        let space = style.line.as_ref().unwrap_or(&style.gap);
        let colon = &style.colon;
        text.insert_str(end, &format!(",{space}{key}{colon}{value}"));
    }

    pub(super) fn remove(&self, text: &mut String, index: usize) {
        let range = match (index.checked_sub(1), self.members.get(index + 1)) {
            (Some(before), _) => self.members[before].value.end..self.members[index].value.end,
            (None, Some(next)) => self.members[index].start..next.start,
            (None, None) => self.span.start + 1..self.span.end - 1,
        };
        text.replace_range(range, "");
    }
}

/// The style in which the members of an object are written.
pub(super) struct Style {
    /// The line end and the indentation of a member; `None` for an object on one line.
    line: Option<String>,
    /// What follows a comma on one line.
    gap: String,
    colon: String,
}

impl Style {
    /// The style of Docker and podman.
    pub(super) fn new() -> Self {
        Self {
            line: Some("\n\t".into()),
            gap: " ".into(),
            colon: ": ".into(),
        }
    }

    /// An object with one member, as the value of a member in this style.
    pub(super) fn nested(&self, key: &str, value: &str) -> String {
        let colon = &self.colon;
        match &self.line {
            Some(line) => {
                let indentation = line.trim_start_matches(['\r', '\n']);
                format!("{{{line}{indentation}{key}{colon}{value}{line}}}")
            }
            None => format!("{{{key}{colon}{value}}}"),
        }
    }

    /// An object with one member, without indentation.
    pub(super) fn nested_in(&self, key: &str, value: &str) -> String {
        let (line, colon) = (self.line.as_deref().unwrap_or_default(), &self.colon);
        format!("{{{line}{key}{colon}{value}\n}}")
    }
}

/// The place of the key that follows a value or an opening brace.
fn skip_to_key(text: &str, from: usize) -> usize {
    let rest = text[from..].trim_start_matches([' ', '\t', '\r', '\n', ',']);
    text.len() - rest.len()
}
